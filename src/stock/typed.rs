//! A change of stock as a person types it: `+5`, `-2`, or the number that was counted. Pure.

/// What was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// So many more, or fewer.
    By(i64),
    /// So many there are.
    To(u32),
}

impl Typed {
    /// Reads what was typed; none when it is no whole number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = |rest: &str| {
            let plain = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
            if plain { rest.parse::<u32>().ok() } else { None }
        };
        if let Some(more) = text.strip_prefix('+') {
            return Some(Self::By(i64::from(digits(more)?)));
        }
        // Phones and word processors type other signs for minus.
        if let Some(fewer) = text.strip_prefix(['-', '−', '–']) {
            return Some(Self::By(-i64::from(digits(fewer)?)));
        }
        digits(text.strip_prefix('=').unwrap_or(&text)).map(Self::To)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_change_and_numbers_set() {
        let read = |text| Typed::parse(text);
        assert_eq!(read("+5"), Some(Typed::By(5)));
        assert_eq!(read(" - 2 "), Some(Typed::By(-2)));
        assert_eq!(read("−2"), Some(Typed::By(-2)));
        assert_eq!(read("12"), Some(Typed::To(12)));
        assert_eq!(read("=0"), Some(Typed::To(0)));
        for wrong in ["", "+", "-", "1.5", "1,000", "five", "--2", "+-2", "99999999999", "1e3"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
