//! Names of archives, and which of them go when there are enough. Pure.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::base::Instant;

const BEFORE: &str = "kiosk-";
/// How an archive's name ends.
const AFTER: &str = ".tar.gz";
/// What stands before that when the books in it are not in order.
const DOUBTFUL: &str = "-doubtful";
/// How the moment stands in it: names in order are moments in order.
const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// `kiosk-20261124T030000Z.tar.gz`.
pub(super) fn name_of(at: Instant) -> String {
    format!("{BEFORE}{}{AFTER}", at.in_zone(&TimeZone::UTC).strftime(MOMENT))
}

/// The name for an archive whose books are not in order.
pub(super) fn doubtful(name: &str) -> String {
    format!("{}{DOUBTFUL}{AFTER}", name.strip_suffix(AFTER).unwrap_or(name))
}

/// The day in the name of an archive of ours, such as `20261124`, and whether it is doubtful;
/// nothing for any other file.
fn day_of(name: &str) -> Option<(&str, bool)> {
    let moment = name.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    let proved = moment.strip_suffix(DOUBTFUL);
    let (moment, is_doubtful) = (proved.unwrap_or(moment), proved.is_some());
    DateTime::strptime(MOMENT, moment).ok()?;
    Some((moment.get(..8)?, is_doubtful))
}

/// Names to remove so that at most `keep` archives stay of those that are in order, and as many
/// doubtful ones: a new doubtful one never costs a good one. Of several of one day the newest stays
/// longest, so that pressing a button often does not cost older days; then the oldest go. Files of
/// other names are left alone.
pub(super) fn surplus(names: &[String], keep: usize) -> Vec<String> {
    let mut gone = Vec::new();
    for wanted in [false, true] {
        let ours = names.iter().filter(|name| day_of(name).is_some_and(|(_, is)| is == wanted));
        let mut ours: Vec<&String> = ours.collect();
        ours.sort();
        while ours.len() > keep.max(1) {
            let twice = ours.windows(2).position(|pair| day_of(pair[0]) == day_of(pair[1]));
            gone.push(ours.remove(twice.unwrap_or(0)).clone());
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(moments: &[&str]) -> Vec<String> {
        moments.iter().map(|moment| format!("kiosk-{moment}.tar.gz")).collect()
    }

    #[test]
    fn a_name_tells_its_moment() {
        let name = name_of(Instant(1_795_514_400_000));
        assert_eq!(name, "kiosk-20261124T100000Z.tar.gz");
        assert_eq!(day_of(&name), Some(("20261124", false)));
        assert_eq!(day_of(&doubtful(&name)), Some(("20261124", true)));
        for other in ["kiosk.db", "kiosk-2026.tar.gz", "my-20261124T100000Z.tar.gz", "kiosk-"] {
            assert_eq!(day_of(other), None, "{other}");
        }
    }

    // N12: so many stay, one a day first, the newest always; other files are not touched.
    #[test]
    fn days_outlive_presses_of_a_button() {
        let mut all = names(&["20261121T030000Z", "20261122T030000Z", "20261123T030000Z"]);
        all.push("holiday.tar.gz".to_owned());
        assert_eq!(surplus(&all, 3), Vec::<String>::new());
        let pressed = names(&["20261123T090000Z", "20261123T090001Z", "20261123T090002Z"]);
        all.extend(pressed.clone());
        let mut gone = names(&["20261123T030000Z"]);
        gone.extend_from_slice(&pressed[..2]);
        assert_eq!(surplus(&all, 3), gone);
        all.push(doubtful("kiosk-20261124T030000Z.tar.gz"));
        assert_eq!(surplus(&all, 3), gone, "a doubtful one costs no good one");
        assert_eq!(surplus(&all, 0).len(), 5);
        assert!(!surplus(&all, 0).contains(&pressed[2]), "the newest stays");
    }
}
