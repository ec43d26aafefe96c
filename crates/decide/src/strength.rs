//! How hard an ExternalId is to guess, or for another tenant to have.
//!
//! An estimate that can be followed by hand: words are worth nothing, what remains is worth its length times the
//! information of one of its characters.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Words that somebody who guesses tries first, one a line.
const WORDS: &str = include_str!("../data/words.txt");

static WORD_LIST: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| WORDS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect());

/// Values that public guides and templates give to all of their readers, as far as they are not made of words.
const CONSTANTS: [&str; 3] = ["elasticbeanstalk", "vmimport", "Midas"];

/// Below this many bits a value is weak.
const ENOUGH: f64 = 40.0;

/// What is to be said of an ExternalId.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// Estimated bits.
    pub bits: f64,
    /// Why it is weak, as the rest of a sentence that starts with the value; `None` if it is not.
    pub weakness: Option<String>,
}

/// Rates an ExternalId. `own` and `vendor` are the accounts of the role and of the third party.
pub(crate) fn strength(value: &str, own: &dyn Fn(&str) -> bool, vendor: Option<&str>) -> Strength {
    let weak = |why: &str| Strength { bits: 0.0, weakness: Some(why.to_owned()) };
    if own(value) {
        return weak("is the role's own account id, which is no secret and which any other tenant can enter");
    }
    if vendor == Some(value) {
        return weak("is the third party's own account id, which everybody knows");
    }
    if is_placeholder(value) {
        return weak("is a placeholder that was never replaced");
    }
    if CONSTANTS.iter().any(|constant| value.eq_ignore_ascii_case(constant)) {
        return weak("is the same for everybody: a public guide gives it");
    }
    if let Some((uuid, version)) = find_uuid(value) {
        let digits: String = uuid.chars().filter(|c| *c != '-').collect();
        return if information(&digits.to_ascii_lowercase()) < ENOUGH {
            weak("is a UUID written by hand, not generated")
        } else if version == '1' {
            weak("is a version 1 UUID: a time and a network address, which can be narrowed down")
        } else {
            Strength { bits: 122.0, weakness: None }
        };
    }
    let rest = unpredictable(value);
    let bits = information(&rest);
    if bits >= ENOUGH {
        return Strength { bits, weakness: None };
    }
    let why = if value.bytes().all(|b| b.is_ascii_digit()) {
        format!("is a number of {} digits, about {bits:.0} bits: it can be counted through", value.len())
    } else if rest.is_empty() {
        "is made of words that can be guessed".to_owned()
    } else {
        format!("can be guessed: only `{rest}` in it is not a common word or a name, about {bits:.0} bits")
    };
    Strength { bits, weakness: Some(why) }
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let bare: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let marks =
        ["changeme", "replaceme", "pleasechange", "placeholder", "todo", "fixme", "yourexternalid", "xxxx"];
    (value.starts_with('<') && value.ends_with('>'))
        || marks.iter().any(|mark| bare.contains(mark))
        || matches!(
            bare.as_str(),
            "example" | "externalid" | "someexternalid" | "exampleexternalid" | "secret"
        )
}

/// A UUID inside the value, and its version digit.
fn find_uuid(value: &str) -> Option<(&str, char)> {
    (0..value.len()).find_map(|start| {
        let text = value.get(start..start + 36)?;
        let shaped = text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
        let outside = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_hexdigit());
        let alone = outside(start.checked_sub(1).and_then(|at| value.as_bytes().get(at)))
            && outside(value.as_bytes().get(start + 36));
        (shaped && alone).then(|| (text, text.chars().nth(14).unwrap_or('0')))
    })
}

/// What is left of a value without its first label, listed words and known names.
fn unpredictable(value: &str) -> String {
    let is_separator = |c: char| !c.is_ascii_alphanumeric();
    let labels: Vec<&str> = value.split(is_separator).filter(|l| !l.is_empty()).collect();
    // The first label names whoever made the value up, if others follow.
    let skip = usize::from(labels.len() > 1);
    labels
        .into_iter()
        .skip(skip)
        .filter(|label| !is_word(label))
        .flat_map(|label| {
            let pieces = pieces(label);
            if pieces.iter().any(|p| is_word(p)) {
                pieces.into_iter().filter(|p| !is_word(p)).collect::<String>()
            } else {
                label.to_owned()
            }
            .chars()
            .collect::<Vec<_>>()
        })
        .collect()
}

fn is_word(label: &str) -> bool {
    WORD_LIST.contains(label.to_ascii_lowercase().as_str())
}

/// A label cut where letters meet digits.
fn pieces(label: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let bytes = label.as_bytes();
    for (at, pair) in bytes.windows(2).enumerate() {
        if let [a, b] = pair
            && a.is_ascii_digit() != b.is_ascii_digit()
        {
            out.extend(label.get(start..=at));
            start = at + 1;
        }
    }
    out.extend(label.get(start..));
    out
}

/// Length times the information of a character, runs and sequences counting as one character.
fn information(text: &str) -> f64 {
    let characters: Vec<char> = text.chars().collect();
    let mut kept: Vec<char> = Vec::new();
    let mut at = 0;
    while let Some(first) = characters.get(at) {
        kept.push(*first);
        let step = |n: usize| {
            let (a, b) = (characters.get(n)?, characters.get(n + 1)?);
            let difference = i64::from(u32::from(*b)) - i64::from(u32::from(*a));
            (-1..=1).contains(&difference).then_some(difference)
        };
        let mut length = 1;
        if let Some(direction) = step(at) {
            while step(at + length - 1) == Some(direction) {
                length += 1;
            }
        }
        // A pair is no sequence yet, but two equal characters are a run.
        at += if length >= 3 || step(at) == Some(0) { length } else { 1 };
    }
    let distinct: BTreeSet<char> = kept.iter().copied().collect();
    // Lengths and alphabets are far below the precision of a float.
    #[allow(clippy::cast_precision_loss, reason = "an ExternalId has at most 1,224 characters")]
    let bits = kept.len() as f64 * (distinct.len().max(1) as f64).log2();
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(value: &str) -> Strength {
        strength(value, &|a| a == "111122223333", Some("210987654321"))
    }

    #[test]
    fn random_values_are_strong() {
        for value in [
            "acme-cspm-7Qd2-Kx91-Tn4v-Z0bL",
            "6f1b3c9e-8d2a-4e57-9b04-3a7c5d1e2f80",
            "tenant:6f1b3c9e-8d2a-4e57-9b04-3a7c5d1e2f80",
            "9f86d081884c7d659a2feaa0c55ad015",
            "ORG_SFCRole=2_b4Zq8vN1xTtR0pLw5sYh3A==",
        ] {
            assert_eq!(rate(value).weakness, None, "{value}: {:?}", rate(value));
        }
    }

    #[test]
    fn what_others_can_guess_or_have_is_weak() {
        for value in [
            "111122223333",
            "210987654321",
            "12345",
            "98765",
            "abcd1234",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "some-secret-id",
            "PLEASE_CHANGE_ME",
            "<external-id>",
            "gpx-data-moj-assume-id",
            "acme-prod",
            "00000000-0000-0000-0000-000000000000",
            "11111111-2222-4333-8444-111111111111",
            "c232ab00-9414-11ec-b3c8-9f6bdeced846",
        ] {
            assert!(rate(value).weakness.is_some(), "{value}: {:?}", rate(value));
        }
    }

    #[test]
    fn sequences_and_runs_are_worth_one_character() {
        assert!(information("98765") < 1.0);
        assert!(information("aaaa") < 1.0);
        // Three distinct characters, none in sequence: 3 * log2(3)
        assert!((information("moj") - 3.0 * 3f64.log2()).abs() < 1e-9);
    }
}
