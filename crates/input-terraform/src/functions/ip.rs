//! Functions on address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use num_bigint::BigInt;

use super::{Args, Outcome};
use crate::value::Val;

/// By how many bits `cidrsubnets` extends a prefix at most.
const MAX_NEW_BITS: i64 = 32;

/// A range as a number: the first address, the length of the prefix, the length of addresses.
#[derive(Clone, Copy, Debug)]
struct Range {
    first: u128,
    prefix: u32,
    bits: u32,
}

impl Range {
    fn parse(args: &Args<'_, '_>) -> Result<Range, Val> {
        let text = args.known_text(0)?;
        let net = parse(&text).ok_or_else(|| args.error("the text is no address range"))?;
        Ok(match net.trunc() {
            IpNet::V4(net) => {
                Range { first: u32::from(net.addr()).into(), prefix: net.prefix_len().into(), bits: 32 }
            }
            IpNet::V6(net) => Range { first: net.addr().into(), prefix: net.prefix_len().into(), bits: 128 },
        })
    }

    fn address(self) -> Option<IpAddr> {
        match self.bits {
            32 => Some(Ipv4Addr::from(u32::try_from(self.first).ok()?).into()),
            _ => {
                let address = Ipv6Addr::from(self.first);
                // Go prints addresses of IPv4 in IPv6 as what they stand for.
                Some(address.to_ipv4_mapped().map_or(address.into(), IpAddr::from))
            }
        }
    }

    /// How many bits follow the prefix.
    fn rest(self) -> u32 {
        self.bits - self.prefix
    }

    fn text(self) -> Option<String> {
        Some(format!("{}/{}", self.address()?, self.prefix))
    }

    /// One part of this range that is cut into parts by so many more bits.
    fn part(self, new_bits: u32, number: &BigInt) -> Option<Range> {
        let rest = self.rest().checked_sub(new_bits)?;
        let number = u128::try_from(number).ok()?;
        if new_bits < 128 && number >> new_bits != 0 {
            return None;
        }
        let shifted = if rest >= 128 { 0 } else { number << rest };
        Some(Range { first: self.first | shifted, prefix: self.prefix + new_bits, bits: self.bits })
    }
}

/// As Terraform reads ranges: numbers of IPv4 addresses may start with zeros.
fn parse(text: &str) -> Option<IpNet> {
    let (address, prefix) = text.split_once('/')?;
    if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let prefix: u8 = prefix.parse().ok()?;
    if address.contains(':') {
        return Some(IpNet::V6(Ipv6Net::new(address.parse().ok()?, prefix).ok()?));
    }
    let mut octets = Vec::new();
    for part in address.split('.') {
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        octets.push(part.parse::<u8>().ok()?);
    }
    let octets: [u8; 4] = octets.try_into().ok()?;
    Some(IpNet::V4(Ipv4Net::new(octets.into(), prefix).ok()?))
}

fn whole(args: &Args<'_, '_>, index: usize) -> Result<BigInt, Val> {
    args.exact(index)?.as_whole().ok_or_else(|| args.error("a number that is not whole"))
}

pub(super) fn cidrhost(args: &Args<'_, '_>) -> Outcome {
    let range = Range::parse(args)?;
    let number = whole(args, 1)?;
    let size = BigInt::from(1) << range.rest();
    // Negative numbers count from the end.
    let number = if number < BigInt::ZERO { &size + number } else { number };
    if number < BigInt::ZERO || number >= size {
        return Err(args.error("the range has no such address"));
    }
    let first = u128::try_from(&number).ok().map(|number| range.first | number);
    let address = first.and_then(|first| Range { first, ..range }.address());
    args.converted(&address.ok_or_else(|| args.error("the range has no such address"))?.to_string())
}

pub(super) fn cidrnetmask(args: &Args<'_, '_>) -> Outcome {
    let text = args.known_text(0)?;
    match parse(&text) {
        Some(IpNet::V4(net)) => args.converted(&net.netmask().to_string()),
        Some(IpNet::V6(_)) => Err(args.error("ranges of IPv6 have no netmask")),
        None => Err(args.error("the text is no address range")),
    }
}

pub(super) fn cidrsubnet(args: &Args<'_, '_>) -> Outcome {
    let range = Range::parse(args)?;
    let (new_bits, number) = (args.whole(1)?, whole(args, 2)?);
    // Terraform gives something for negative numbers too, but nothing that means anything.
    let Some(new_bits) = u32::try_from(new_bits).ok().filter(|_| number >= BigInt::ZERO) else {
        return args.unsupported();
    };
    let part = range.part(new_bits, &number).and_then(Range::text);
    args.converted(&part.ok_or_else(|| args.error("the range has no such part"))?)
}

/// Parts of the given sizes, one after the other.
pub(super) fn cidrsubnets(args: &Args<'_, '_>) -> Outcome {
    let range = Range::parse(args)?;
    let mut items = Vec::new();
    // The first address behind the last part, as an offset into the range.
    let mut offset: u128 = 0;
    // Terraform steps back from the range first, and cannot from the first address there is.
    let mut full = range.first == 0;
    for index in 1..args.values.len() {
        let new_bits = args.whole(index)?;
        if !(1..=MAX_NEW_BITS).contains(&new_bits) {
            return Err(args.error("a prefix is extended by 1 to 32 bits"));
        }
        let new_bits = u32::try_from(new_bits).unwrap_or(0);
        let rest = range.rest().checked_sub(new_bits).ok_or_else(|| args.error("the range is too small"))?;
        let size = 1u128.checked_shl(rest).unwrap_or(0);
        let start = if size == 0 { 0 } else { offset.div_ceil(size).saturating_mul(size) };
        let fits = range.rest() >= 128 || start >> range.rest() == 0;
        if full || !fits {
            return Err(args.error("the range is too small"));
        }
        let part = Range { first: range.first | start, prefix: range.prefix + new_bits, bits: range.bits };
        let text = part.text().ok_or_else(|| args.error("the range is too small"))?;
        items.push(Val::converted(&text, args.span));
        match start.checked_add(size) {
            Some(next) => offset = next,
            None => full = true,
        }
    }
    args.list_of(items, None)
}
