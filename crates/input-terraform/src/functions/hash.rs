//! Hashes of texts and of files inside the scanned roots.

use md5::Digest as _;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::encoding::base64;
use super::{Args, Outcome, file};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn of_text(args: &Args<'_, '_>, hash: impl Fn(&[u8]) -> String) -> Outcome {
    args.converted(&hash(args.known_text(0)?.as_bytes()))
}

fn of_file(args: &Args<'_, '_>, hash: impl Fn(&[u8]) -> String) -> Outcome {
    args.converted(&hash(&file::bytes(args)?))
}

pub(super) fn md5(args: &Args<'_, '_>) -> Outcome {
    of_text(args, |bytes| hex(&Md5::digest(bytes)))
}

pub(super) fn sha1(args: &Args<'_, '_>) -> Outcome {
    of_text(args, |bytes| hex(&Sha1::digest(bytes)))
}

pub(super) fn sha256(args: &Args<'_, '_>) -> Outcome {
    of_text(args, |bytes| hex(&Sha256::digest(bytes)))
}

pub(super) fn sha512(args: &Args<'_, '_>) -> Outcome {
    of_text(args, |bytes| hex(&Sha512::digest(bytes)))
}

pub(super) fn base64sha256(args: &Args<'_, '_>) -> Outcome {
    of_text(args, |bytes| base64(&Sha256::digest(bytes)))
}

pub(super) fn base64sha512(args: &Args<'_, '_>) -> Outcome {
    of_text(args, |bytes| base64(&Sha512::digest(bytes)))
}

pub(super) fn filemd5(args: &Args<'_, '_>) -> Outcome {
    of_file(args, |bytes| hex(&Md5::digest(bytes)))
}

pub(super) fn filesha1(args: &Args<'_, '_>) -> Outcome {
    of_file(args, |bytes| hex(&Sha1::digest(bytes)))
}

pub(super) fn filesha256(args: &Args<'_, '_>) -> Outcome {
    of_file(args, |bytes| hex(&Sha256::digest(bytes)))
}

pub(super) fn filesha512(args: &Args<'_, '_>) -> Outcome {
    of_file(args, |bytes| hex(&Sha512::digest(bytes)))
}

pub(super) fn filebase64sha256(args: &Args<'_, '_>) -> Outcome {
    of_file(args, |bytes| base64(&Sha256::digest(bytes)))
}

pub(super) fn filebase64sha512(args: &Args<'_, '_>) -> Outcome {
    of_file(args, |bytes| base64(&Sha512::digest(bytes)))
}

/// The namespaces of RFC 4122 differ in one byte.
fn namespace(name: &str) -> Option<[u8; 16]> {
    let last = match name {
        "dns" => 0x10,
        "url" => 0x11,
        "oid" => 0x12,
        "x500" => 0x14,
        other => return uuid(other),
    };
    let mut bytes = uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8")?;
    *bytes.get_mut(3)? = last;
    Some(bytes)
}

/// The bytes of a UUID in its usual spelling, perhaps in braces or as a URN.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let inner = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let inner = inner.strip_prefix('{').and_then(|s| s.strip_suffix('}')).unwrap_or(inner);
    let dashes = [8, 13, 18, 23];
    let dashed = inner.len() == 36 && dashes.iter().all(|at| inner.as_bytes().get(*at) == Some(&b'-'));
    let digits: String = if dashed { inner.split('-').collect() } else { inner.to_owned() };
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; 16];
    for (byte, at) in out.iter_mut().zip((0..32).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(out)
}

pub(super) fn uuidv5(args: &Args<'_, '_>) -> Outcome {
    let (space, name) = (args.known_text(0)?, args.known_text(1)?);
    let space = namespace(&space).ok_or_else(|| args.error("the namespace is no UUID"))?;
    let hash = Sha1::new().chain_update(space).chain_update(name.as_bytes()).finalize();
    let mut bytes: Vec<u8> = hash.iter().copied().take(16).collect();
    for (at, keep, set) in [(6, 0x0f, 0x50), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = (*byte & keep) | set;
        }
    }
    let text = hex(&bytes);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    args.converted(&parts.join("-"))
}
