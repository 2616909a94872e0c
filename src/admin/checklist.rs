//! What a new shop still has to do before it is open. Pure.

use serde::Serialize;

/// Names of the shops that `kiosk init` writes.
const STARTERS: [&str; 2] = ["Hearth & Field", "Three Things"];

/// How far the shop has come.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a list of things that are done or not")]
pub(super) struct Progress {
    /// The shop's name.
    pub(super) name: String,
    /// Something is delivered somewhere.
    pub(super) has_delivery: bool,
    /// A real payment provider is set.
    pub(super) has_provider: bool,
    /// A mail server is set.
    pub(super) has_mail: bool,
    /// Something is on sale.
    pub(super) has_product: bool,
    /// An order was paid.
    pub(super) has_order: bool,
    /// Money is real.
    pub(super) is_live: bool,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    /// What.
    pub(super) title: &'static str,
    /// How.
    pub(super) hint: &'static str,
    /// Whether it is done.
    pub(super) is_done: bool,
}

/// Every step, or nothing once all are done.
pub(super) fn steps(p: &Progress) -> Vec<Step> {
    let step = |title, hint, is_done| Step { title, hint, is_done };
    let all = vec![
        step(
            "Give the shop your name",
            "name and contact in content/shop.toml",
            !STARTERS.contains(&p.name.as_str()),
        ),
        step(
            "Say where you deliver and for how much",
            "zones and rates in content/shipping.toml",
            p.has_delivery,
        ),
        step("Put a first product on sale", "a file in content/products", p.has_product),
        step(
            "Connect your payment provider",
            "KIOSK_PROVIDER=stripe with your keys; docs/payments.md has the five minutes",
            p.has_provider,
        ),
        step(
            "Connect your mail server",
            "KIOSK_SMTP_URL; until then letters are files",
            p.has_mail,
        ),
        step("Place an order yourself", "with a test card, all the way to the letter", p.has_order),
        step("Go live", "KIOSK_MODE=live with your live keys", p.is_live),
    ];
    if all.iter().all(|step| step.is_done) { Vec::new() } else { all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_goes_away_when_all_is_done() {
        let done = Progress {
            name: "My shop".to_owned(),
            has_delivery: true,
            has_provider: true,
            has_mail: true,
            has_product: true,
            has_order: true,
            is_live: true,
        };
        assert!(steps(&done).is_empty());
        let left = steps(&Progress { name: "Three Things".to_owned(), ..done });
        let open: Vec<_> = left.iter().filter(|step| !step.is_done).map(|s| s.title).collect();
        assert_eq!((left.len(), open), (7, vec!["Give the shop your name"]));
    }
}
