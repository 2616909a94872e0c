//! Cells of tables for spreadsheet programs, none of which is a formula. Pure.

use std::borrow::Cow;

/// What a formula can begin with.
const SIGNS: [char; 13] = ['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠'];

/// A cell that no spreadsheet program takes for a formula: what could begin one is led by an
/// apostrophe, unless it is a plain number.
#[must_use]
pub fn guarded(cell: &str) -> Cow<'_, str> {
    match could_begin(cell) && !is_number(cell) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// The same cell without its guard.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| could_begin(rest)).unwrap_or(cell)
}

fn could_begin(cell: &str) -> bool {
    cell.trim_start_matches([' ', '\u{a0}']).starts_with(SIGNS)
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    plain(whole) && plain(decimals)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // S1.41 S1.46 S2.66: a cell is never a formula, and what looks like one stays readable.
    #[test]
    fn formulas_are_words() {
        for cell in [
            "=1+1", "+44 20", "-2+3", "-1.2.3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|calc", "%0A",
            " =1", "\u{a0}+1", "＝1",
        ] {
            assert_eq!(guarded(cell), format!("'{cell}"), "{cell:?}");
            assert_eq!(unguarded(&guarded(cell)), cell);
        }
        for cell in ["", "Ada", "1 High Street", "a=b", "5 = 5", "'quoted'", "-12.50", "7", "-3"] {
            assert_eq!((guarded(cell).as_ref(), unguarded(cell)), (cell, cell));
        }
        assert_eq!(unguarded("'-3"), "-3", "as a spreadsheet program may have written it");
    }

    proptest! {
        #[test]
        fn no_cell_begins_a_formula(text in any::<String>()) {
            let cell = guarded(&text);
            prop_assert!(!could_begin(&cell) || is_number(&cell));
        }
    }
}
