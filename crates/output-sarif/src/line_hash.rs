//! The hash by which GitHub recognises a line that moved: `primaryLocationLineHash`.
//!
//! GitHub's upload action adds it where it is missing, and warns where it finds another than its own; what is
//! uploaded by other ways has none unless it is written here. The way to compute it is published in the source of
//! that action (`github/codeql-action`, `src/fingerprints.ts`): a polynomial hash modulo 2^64 over the next 100
//! UTF-16 code units from the start of the line, spaces and tabs left out and every line end made a line feed,
//! followed by how often that hash has come up so far.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use memchr::memchr2;

/// Code units that the hash of a line covers.
const WINDOW: usize = 100;
/// What the hash is multiplied by for each code unit.
const FACTOR: u64 = 37;
/// Stands for the end of the file.
const END: u16 = u16::MAX;

const TAB: u16 = 0x09;
const LINE_FEED: u16 = 0x0a;
const CARRIAGE_RETURN: u16 = 0x0d;
const SPACE: u16 = 0x20;

/// The hashes of some lines, counted from 1. A line that the text does not have gets none.
pub(crate) fn line_hashes(text: &str, wanted: &BTreeSet<u32>) -> BTreeMap<u32, String> {
    let Some(last) = wanted.last() else {
        return BTreeMap::new();
    };
    // Only what is wanted is counted, and nothing is kept of all the other lines: there may be millions.
    let mut counts: HashMap<u64, u32> = HashMap::new();
    Hasher::new(|line| wanted.contains(&line), |_, hash| _ = counts.insert(hash, 0)).read(text, *last);
    let mut found = BTreeMap::new();
    let count = |line, hash| {
        if let Some(count) = counts.get_mut(&hash) {
            *count += 1;
            if wanted.contains(&line) {
                found.insert(line, format!("{hash:x}:{count}"));
            }
        }
    };
    Hasher::new(|_| true, count).read(text, *last);
    found
}

/// Tells the hash of each line that is wanted.
struct Hasher<W, T> {
    wanted: W,
    tell: T,
    /// The last code units that counted, from `oldest` on and round again.
    window: [u16; WINDOW],
    oldest: usize,
    hash: u64,
    /// What a code unit that leaves the window is multiplied by.
    leaving: u64,
    /// How many code units have counted.
    counted: usize,
    /// The wanted lines that begin in the window, with the number of their first code unit.
    begun: VecDeque<(usize, u32)>,
    lines: u32,
    at_start: bool,
    after_return: bool,
}

impl<W: FnMut(u32) -> bool, T: FnMut(u32, u64)> Hasher<W, T> {
    fn new(wanted: W, tell: T) -> Self {
        Hasher {
            wanted,
            tell,
            window: [0; WINDOW],
            oldest: 0,
            hash: 0,
            leaving: (0..WINDOW).fold(1, |power: u64, _| power.wrapping_mul(FACTOR)),
            counted: 0,
            begun: VecDeque::new(),
            lines: 0,
            at_start: true,
            after_return: false,
        }
    }

    /// Reads a text up to the hash of its line `last`.
    fn read(mut self, text: &str, last: u32) {
        let mut rest = text;
        loop {
            if self.begun.is_empty() && !self.at_start {
                if self.lines >= last {
                    return;
                }
                // Nothing is hashed up to the next line, which may be the rest of a plan.
                let skipped = memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
                rest = rest.get(skipped..).unwrap_or_default();
            }
            let mut chars = rest.chars();
            let Some(char) = chars.next() else { break };
            rest = chars.as_str();
            for unit in char.encode_utf16(&mut [0; 2]) {
                self.unit(*unit);
            }
        }
        self.take(END);
        // The last lines are followed by nothing.
        for _ in 0..WINDOW {
            self.push(0);
        }
    }

    /// A code unit of the file; spaces, tabs and the second half of a line end do not count.
    fn unit(&mut self, unit: u16) {
        let skipped = unit == SPACE || unit == TAB || (self.after_return && unit == LINE_FEED);
        self.after_return = unit == CARRIAGE_RETURN;
        if !skipped {
            self.take(if unit == CARRIAGE_RETURN { LINE_FEED } else { unit });
        }
    }

    /// A code unit that counts.
    fn take(&mut self, unit: u16) {
        let begins = std::mem::replace(&mut self.at_start, unit == LINE_FEED);
        if begins {
            self.lines = self.lines.saturating_add(1);
        }
        self.push(unit);
        if begins && (self.wanted)(self.lines) {
            self.begun.push_back((self.counted, self.lines));
        }
    }

    /// Moves the window on by one. When the beginning of a line leaves it, the hash is that line's.
    fn push(&mut self, unit: u16) {
        if let Some((first, line)) = self.begun.front()
            && *first + WINDOW == self.counted + 1
        {
            (self.tell)(*line, self.hash);
            self.begun.pop_front();
        }
        let left = self.window.get_mut(self.oldest).map_or(0, |oldest| std::mem::replace(oldest, unit));
        self.oldest = (self.oldest + 1) % WINDOW;
        let left = self.leaving.wrapping_mul(u64::from(left));
        self.hash = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit)).wrapping_sub(left);
        self.counted += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The hashes of all lines.
    fn all(text: &str) -> Vec<String> {
        let hashes = line_hashes(text, &(1..=1000).collect());
        let lines: Vec<u32> = hashes.keys().copied().collect();
        assert_eq!(lines, (1..).take(lines.len()).collect::<Vec<u32>>(), "every line once");
        hashes.into_values().collect()
    }

    // The texts and hashes of the published tests of `github/codeql-action` (`src/fingerprints.test.ts`).

    #[test]
    fn an_empty_file_has_one_line() {
        assert_eq!(all(""), ["c129715d7a2bc9a3:1"]);
    }

    #[test]
    fn spaces_do_not_count() {
        assert_eq!(
            all(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        assert_eq!(
            all(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ]
        );
    }

    #[test]
    fn all_line_ends_are_one() {
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        ] {
            assert_eq!(
                all(text),
                [
                    "e9496ae3ebfced30:1",
                    "fb7c023a8b9ccb3f:1",
                    "ce8ba1a563dcdaca:1",
                    "e20e36e16fcb0cc8:1",
                    "b3edc88f2938467e:1",
                    "c8e28b0b4002a3a0:1",
                    "c129715d7a2bc9a3:1",
                ],
                "{text:?}"
            );
        }
    }

    #[test]
    fn equal_hashes_are_counted() {
        assert_eq!(
            all(&"Lorem ipsum dolor sit amet.\n".repeat(10)),
            [
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ]
        );
        assert_eq!(
            all("x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n"),
            [
                "e54938cc54b302f1:1",
                "bb609acbe9138d60:1",
                "1131fd5871777f34:1",
                "5c482a0f8b35ea28:1",
                "54517377da7028d2:1",
                "2c644846cb18d53e:1",
                "f1b89f20de0d133:1",
                "c129715d7a2bc9a3:1",
            ]
        );
    }

    #[test]
    fn only_what_is_asked_for_is_told() {
        let hashes = line_hashes("a\nb\n", &BTreeSet::from([2, 9]));
        assert_eq!(hashes.keys().copied().collect::<Vec<u32>>(), [2]);
    }

    /// All hashes, computed one by one.
    fn one_by_one(text: &str) -> Vec<String> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace([' ', '\t'], "");
        let units: Vec<u16> = text.encode_utf16().chain([END]).collect();
        let starts = (0..units.len()).filter(|at| *at == 0 || units[at - 1] == LINE_FEED);
        let mut seen: HashMap<u64, u32> = HashMap::new();
        let hash = |start: usize| {
            let covered = units[start..].iter().chain(std::iter::repeat(&0)).take(WINDOW);
            covered.fold(0_u64, |hash, unit| hash.wrapping_mul(FACTOR).wrapping_add(u64::from(*unit)))
        };
        let mut tell = |start| {
            let hash = hash(start);
            let count = seen.entry(hash).or_default();
            *count += 1;
            format!("{hash:x}:{count}")
        };
        starts.map(&mut tell).collect()
    }

    proptest! {
        #[test]
        fn lines_are_hashed_as_if_each_were_alone(
            lines in prop::collection::vec(("[ab \té😀]{0,3}", 0_usize..150, "(\n|\r|\r\n|\n\n)"), 0..30),
            wanted in prop::collection::btree_set(1_u32..40, 0..8),
        ) {
            let text: String = lines.iter().map(|(head, more, end)| format!("{head}{}{end}", "x".repeat(*more))).collect();
            let expected = one_by_one(&text);
            prop_assume!(!text.contains("\r \n") && !text.contains("\r\t\n"));
            for (line, hash) in line_hashes(&text, &wanted) {
                prop_assert_eq!(&hash, &expected[line as usize - 1]);
            }
            let there = wanted.iter().filter(|line| **line as usize <= expected.len()).count();
            prop_assert_eq!(line_hashes(&text, &wanted).len(), there);
        }
    }
}
