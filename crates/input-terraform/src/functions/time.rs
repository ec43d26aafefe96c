//! Functions on timestamps that are given. The clock is never read.

use super::{Args, Outcome};
use crate::value::Val;

const SECONDS_A_DAY: i64 = 86_400;
const NANOS: i128 = 1_000_000_000;

/// A timestamp of RFC 3339.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    /// Since 1970 in UTC.
    seconds: i64,
    nanos: u32,
    /// From UTC, in seconds.
    offset: i64,
}

/// A date and the time of the day.
#[derive(Clone, Copy, Debug)]
struct Civil {
    year: i64,
    month: u32,
    day: u32,
    /// From Sunday.
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
}

fn digits(text: &str, from: usize, to: usize) -> Option<i64> {
    let part = text.get(from..to)?;
    if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970, counting years from March so that a leap day is the last of one.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Stamp {
    fn parse(text: &str) -> Option<Stamp> {
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if !separators.iter().all(|(at, byte)| text.as_bytes().get(*at) == Some(byte)) {
            return None;
        }
        let (year, month, day) = (digits(text, 0, 4)?, digits(text, 5, 7)?, digits(text, 8, 10)?);
        let (hour, minute, second) = (digits(text, 11, 13)?, digits(text, 14, 16)?, digits(text, 17, 19)?);
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let (written, after) = fraction.split_at_checked(length)?;
            if written.is_empty() {
                return None;
            }
            let nine: String = written.chars().chain("000000000".chars()).take(9).collect();
            nanos = nine.parse().ok()?;
            rest = after;
        }
        let offset = match rest.as_bytes() {
            [b'Z'] => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let (hours, minutes) = (digits(rest, 1, 3)?, digits(rest, 4, 6)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = hours * 3600 + minutes * 60;
                if *sign == b'-' { -seconds } else { seconds }
            }
            _ => return None,
        };
        let days = days_from_civil(year, month, day);
        Some(Stamp {
            seconds: days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second - offset,
            nanos,
            offset,
        })
    }

    fn argument(args: &Args<'_, '_>, index: usize) -> Result<Stamp, Val> {
        let text = args.known_text(index)?;
        Stamp::parse(&text).ok_or_else(|| args.error("the text is no timestamp of RFC 3339"))
    }

    fn civil(self) -> Civil {
        let local = self.seconds + self.offset;
        let days = local.div_euclid(SECONDS_A_DAY);
        let of_day = local.rem_euclid(SECONDS_A_DAY);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Civil {
            year,
            month: u32::try_from(month).unwrap_or(1),
            day: u32::try_from(day).unwrap_or(1),
            weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }

    /// `+02:00`, or `+0200`.
    fn zone(self, colon: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }

    fn print(self) -> String {
        let c = self.civil();
        let zone = if self.offset == 0 { "Z".to_owned() } else { self.zone(":") };
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }
}

/// Nanoseconds of a duration such as `1h30m`, `-1.5s`, `300ms`.
fn duration(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, after) = rest.split_at_checked(length)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || number.len() > 30 {
            return None;
        }
        let unit_length = after.bytes().take_while(|b| !b.is_ascii_digit() && *b != b'.').count();
        let (unit, after) = after.split_at_checked(unit_length)?;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOS,
            "m" => 60 * NANOS,
            "h" => 3_600 * NANOS,
            _ => return None,
        };
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        if !fraction.is_empty() {
            let digits: String = fraction.chars().take(15).collect();
            let scale = 10i128.pow(u32::try_from(digits.len()).ok()?);
            total = total.checked_add(digits.parse::<i128>().ok()? * unit / scale)?;
        }
        rest = after;
    }
    // What does not fit into 64 bits is no duration.
    i64::try_from(total).ok()?;
    Some(if negative { -total } else { total })
}

pub(super) fn timeadd(args: &Args<'_, '_>) -> Outcome {
    let stamp = Stamp::argument(args, 0)?;
    let text = args.known_text(1)?;
    let more = duration(&text).ok_or_else(|| args.error("the text is no duration"))?;
    let total = i128::from(stamp.seconds) * NANOS + i128::from(stamp.nanos) + more;
    let seconds =
        i64::try_from(total.div_euclid(NANOS)).map_err(|_| args.error("the time is out of range"))?;
    let nanos = u32::try_from(total.rem_euclid(NANOS)).unwrap_or(0);
    args.converted(&Stamp { seconds, nanos, ..stamp }.print())
}

pub(super) fn timecmp(args: &Args<'_, '_>) -> Outcome {
    let (a, b) = (Stamp::argument(args, 0)?, Stamp::argument(args, 1)?);
    let order = (a.seconds, a.nanos).cmp(&(b.seconds, b.nanos));
    Ok(Val::number((order as i8).to_string(), args.span))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) fn formatdate(args: &Args<'_, '_>) -> Outcome {
    let spec = args.known_text(0)?;
    let stamp = Stamp::argument(args, 1)?;
    let mut out = String::new();
    let mut rest = &*spec;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = quoted(rest.get(1..).unwrap_or_default(), &mut out)
                .ok_or_else(|| args.error("a quote is not closed"))?;
            continue;
        }
        let length = rest.len() - rest.trim_start_matches(first).len();
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if first.is_ascii_alphabetic() {
            let text =
                field(run, stamp).ok_or_else(|| args.error(&format!("`{run}` is no part of a date")))?;
            out.push_str(&text);
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    args.converted(&out)
}

/// Text up to the closing quote; two quotes are one.
fn quoted<'t>(mut rest: &'t str, out: &mut String) -> Option<&'t str> {
    let mut empty = true;
    loop {
        let (text, after) = rest.split_once('\'')?;
        out.push_str(text);
        empty &= text.is_empty();
        if empty {
            out.push('\'');
            return Some(after);
        }
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

fn field(run: &str, stamp: Stamp) -> Option<String> {
    let c = stamp.civil();
    let month = *MONTHS.get(usize::try_from(c.month).ok()?.checked_sub(1)?)?;
    let day = *DAYS.get(c.weekday)?;
    let twelve = if c.hour % 12 == 0 { 12 } else { c.hour % 12 };
    let half = if c.hour < 12 { "am" } else { "pm" };
    let utc = stamp.offset == 0;
    Some(match run {
        "YYYY" => format!("{:04}", c.year),
        "YY" => format!("{:02}", c.year.rem_euclid(100)),
        "MMMM" => month.to_owned(),
        "MMM" => month.get(..3)?.to_owned(),
        "MM" => format!("{:02}", c.month),
        "M" => c.month.to_string(),
        "DD" => format!("{:02}", c.day),
        "D" => c.day.to_string(),
        "EEEE" => day.to_owned(),
        "EEE" => day.get(..3)?.to_owned(),
        "hh" => format!("{:02}", c.hour),
        "h" => c.hour.to_string(),
        "HH" => format!("{twelve:02}"),
        "H" => twelve.to_string(),
        "AA" => half.to_uppercase(),
        "aa" => half.to_owned(),
        "mm" => format!("{:02}", c.minute),
        "m" => c.minute.to_string(),
        "ss" => format!("{:02}", c.second),
        "s" => c.second.to_string(),
        "ZZZZZ" => stamp.zone(":"),
        "ZZZZ" => stamp.zone(""),
        "ZZZ" if utc => "UTC".to_owned(),
        "ZZZ" => stamp.zone(""),
        "Z" if utc => "Z".to_owned(),
        "Z" => stamp.zone(":"),
        _ => return None,
    })
}
