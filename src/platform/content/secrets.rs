//! Values that look like keys and passwords: they belong into the environment, not into files
//! that get copied, mailed and committed.

use std::ops::Range;

/// What gives a secret away, how many characters must follow it, and what it is.
const MARKS: &[(&str, usize, &str)] = &[
    ("sk_live_", 8, "a live secret key"),
    ("sk_test_", 8, "a test secret key"),
    ("rk_live_", 8, "a restricted key"),
    ("rk_test_", 8, "a restricted key"),
    ("whsec_", 8, "a webhook secret"),
    ("AKIA", 16, "a cloud access key"),
    ("ASIA", 16, "a cloud access key"),
    ("ghp_", 20, "an access token"),
    ("github_pat_", 20, "an access token"),
    ("xoxb-", 10, "an access token"),
    ("SG.", 40, "a mail provider's key"),
];

/// Every stretch of the text that looks like a secret, and what it looks like.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    for (mark, following, what) in MARKS {
        for (start, _) in text.match_indices(mark) {
            let end = start + mark.len();
            let rest = text.get(end..).unwrap_or("");
            let upper = mark.len() == 4 && mark.bytes().all(|b| b.is_ascii_uppercase());
            let length = rest.bytes().take_while(|b| key_byte(*b, upper)).count();
            if length >= *following && starts_word(text, start) {
                found.push((start..end + length, *what));
            }
        }
    }
    for (start, _) in text.match_indices("-----BEGIN ") {
        let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
        if line.contains("PRIVATE KEY") {
            found.push((start..start + line.len(), "a private key"));
        }
    }
    found
}

fn key_byte(b: u8, upper: bool) -> bool {
    if upper {
        b.is_ascii_uppercase() || b.is_ascii_digit()
    } else {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
    }
}

fn starts_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|t| t.bytes().last());
    before.is_none_or(|b| !b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::find;

    // S0.9, S3.61: secrets never stand in content.
    #[test]
    fn keys_are_found_and_words_are_not() {
        let live = format!("key = \"{}{}\"", "sk_live_", "51Habcdefghij");
        let aws = format!("{}{}", "AKIA", "ABCDEFGHIJKLMNOP");
        let block = format!("-----BEGIN RSA {} KEY-----\nabc", "PRIVATE");
        for text in [live.as_str(), &aws, &block] {
            assert_eq!(find(text).len(), 1, "{text}");
        }
        for text in ["task_live_music_tonight", "AKIAH bowl", "keys start with sk_live_", "SG.1"] {
            assert!(find(text).is_empty(), "{text}");
        }
    }
}
