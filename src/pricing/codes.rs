//! Codes a buyer enters: how they are compared, and what is answered when one brings nothing.

use std::collections::BTreeMap;

use super::{Missing, Objection, Promotion};
use crate::base::Currency;

/// A code as entered.
pub(super) struct Code {
    /// As typed, without the space around it.
    typed: String,
    /// As compared: case does not matter.
    folded: String,
}

impl Code {
    fn new(typed: &str) -> Self {
        let typed = typed.trim().to_owned();
        Self { folded: typed.to_uppercase(), typed }
    }

    /// The promotion's code that this is, as stored.
    pub(super) fn of<'a>(&self, promotion: &'a Promotion) -> Option<&'a str> {
        let same = |stored: &&String| stored.trim().to_uppercase() == self.folded;
        promotion.codes.iter().find(same).map(String::as_str)
    }
}

/// Why a promotion with a code gives nothing.
pub(super) enum Refused {
    NotRunning,
    UsedUp,
    Missing(Missing),
}

/// The codes typed, each once; blank ones are ignored.
pub(super) fn entered(typed: &[String]) -> Vec<Code> {
    let mut codes: Vec<Code> = Vec::new();
    for code in typed.iter().map(|text| Code::new(text)).filter(|code| !code.typed.is_empty()) {
        if codes.iter().all(|known| known.folded != code.folded) {
            codes.push(code);
        }
    }
    codes
}

/// An objection for every code none of whose promotions `brought` anything. A promotion that is
/// not live is not known: codes in preparation stay secret.
pub(super) fn objections(
    promotions: &[Promotion],
    codes: &[Code],
    brought: impl Fn(&Promotion) -> bool,
    refusals: &BTreeMap<&str, Refused>,
    currency: Currency,
) -> Vec<Objection> {
    let objection = |code: &Code| {
        let has_code = |p: &&Promotion| p.live && code.of(p).is_some();
        let own: Vec<&Promotion> = promotions.iter().filter(has_code).collect();
        let typed = code.typed.clone();
        if own.is_empty() {
            return Some(Objection::CodeUnknown { code: typed });
        }
        if own.iter().any(|p| brought(p)) {
            return None;
        }
        Some(match own.iter().find_map(|p| refusals.get(p.id.as_str()))? {
            Refused::NotRunning => Objection::CodeNotRunning { code: typed },
            Refused::UsedUp => Objection::CodeUsedUp { code: typed },
            Refused::Missing(missing) => {
                let (why, missing) = (missing.sentence(currency), missing.clone());
                Objection::CodeNotMet { code: typed, why, missing }
            }
        })
    };
    codes.iter().filter_map(objection).collect()
}
