//! Which orders somebody at the desk wants to see, as the address says it. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::state::{FulfilmentStatus, PaymentStatus};
use super::words;
use crate::base::Instant;

/// Longest text of a filter, in characters: that of an e-mail address.
const TEXT_MAX: usize = 254;
/// A word that no order has.
const NOTHING: &str = "x_nothing";

/// Views with a name: the word in the address, what people read, and the word orders are found by.
pub(super) const VIEWS: [(&str, &str, &str); 7] = [
    ("to-pack", "To pack", "v_pack"),
    ("to-ship", "To ship", "v_ship"),
    ("unpaid", "Unpaid", "v_unpaid"),
    ("attention", "Attention", "v_attention"),
    ("disputed", "Disputed", "v_disputed"),
    ("refunded", "Refunded", "v_refunded"),
    ("", "All", ""),
];

/// The filter as the address has it; what is empty narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// One of [`VIEWS`].
    pub view: String,
    /// A payment status.
    pub payment: String,
    /// A fulfilment status.
    pub fulfilment: String,
    /// First day, in the shop's time zone.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The buyer's e-mail address.
    pub customer: String,
    /// A SKU, or words of a line.
    pub product: String,
    /// Number, name or e-mail address.
    pub q: String,
}

/// The same as the database is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// What is asked of the search table; nothing when every order is wanted.
    pub terms: Option<String>,
    /// Placed at this moment or later.
    pub from: Option<Instant>,
    /// Placed before this moment.
    pub until: Option<Instant>,
}

impl Filter {
    /// The filter a request asks for.
    ///
    /// # Errors
    /// When its query cannot be read.
    pub fn asked(query: &str) -> Result<Self, serde_urlencoded::de::Error> {
        let mut filter: Self = serde_urlencoded::from_str(query.trim_start_matches('?'))?;
        let f = &mut filter;
        let texts = [&mut f.view, &mut f.payment, &mut f.fulfilment, &mut f.from, &mut f.to];
        // It stands in every link of a page.
        for text in texts.into_iter().chain([&mut f.customer, &mut f.product, &mut f.q]) {
            if let Some((end, _)) = text.char_indices().nth(TEXT_MAX) {
                text.truncate(end);
            }
        }
        Ok(filter)
    }

    /// The question, and what of the filter could not be understood.
    #[must_use]
    pub fn question(&self, zone: &TimeZone) -> (Question, Vec<&'static str>) {
        let mut wrong = Vec::new();
        let mut terms = Vec::new();
        let view = VIEWS.iter().find(|view| view.0 == self.view);
        match view {
            Some((_, _, "")) => {}
            Some((_, _, word)) => terms.push(words::exactly(word)),
            None => wrong.push("There is no view of this name."),
        }
        match PaymentStatus::parse(&self.payment) {
            Some(status) => terms.push(words::exactly(&format!("p_{}", status.word()))),
            None if self.payment.is_empty() => {}
            None => wrong.push("There is no payment status of this name."),
        }
        match FulfilmentStatus::parse(&self.fulfilment) {
            Some(status) => terms.push(words::exactly(&format!("f_{}", status.word()))),
            None if self.fulfilment.is_empty() => {}
            None => wrong.push("There is no fulfilment status of this name."),
        }
        if !self.customer.trim().is_empty() {
            terms.push(words::exactly(&words::customer(&self.customer)));
        }
        for (mark, text) in [("k_", &self.product), ("t_", &self.q)] {
            let text = text.trim();
            let asked = words::asked(mark, text);
            if asked.is_empty() && !text.is_empty() {
                terms.push(words::exactly(NOTHING));
            }
            terms.extend(asked);
        }
        let mut day = |text: &str, last: bool| {
            let parsed = text.trim().parse::<Date>().ok();
            if parsed.is_none() && !text.trim().is_empty() {
                wrong.push("Write days such as 2026-11-24.");
            }
            let day = if last { parsed?.tomorrow().ok()? } else { parsed? };
            Some(Instant::from(day.to_zoned(zone.clone()).ok()?.timestamp()))
        };
        let (from, until) = (day(&self.from, false), day(&self.to, true));
        let terms = (!terms.is_empty()).then(|| terms.join(" AND "));
        (Question { terms, from, until }, wrong)
    }

    fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("view", &self.view),
            ("payment", &self.payment),
            ("fulfilment", &self.fulfilment),
            ("from", &self.from),
            ("to", &self.to),
            ("customer", &self.customer),
            ("product", &self.product),
            ("q", &self.q),
        ]
    }

    /// The filter as the query of an address, with `more` behind it; with its `?`, or empty.
    #[must_use]
    pub fn query(&self, more: &[(&str, &str)]) -> String {
        let own = self.fields().into_iter().filter(|(_, value)| !value.is_empty());
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in own.chain(more.iter().copied()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The filter of an address as it is kept under a name: none when it asks for every order, or
    /// cannot be understood.
    #[must_use]
    pub fn kept(query: &str) -> Option<String> {
        let filter = Self::asked(query).ok()?;
        let (_, wrong) = filter.question(&TimeZone::UTC);
        Some(filter.query(&[])).filter(|query| wrong.is_empty() && !query.is_empty())
    }

    /// Whether anything but the view narrows it.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.fields().iter().skip(1).any(|(_, value)| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn london() -> TimeZone {
        TimeZone::get("Europe/London").unwrap()
    }

    // S1.37 S2.26: the address holds the filter; days are those of the shop's clock.
    #[test]
    fn a_filter_becomes_one_question() {
        let filter = Filter {
            view: "to-pack".to_owned(),
            payment: "paid".to_owned(),
            from: "2026-06-01".to_owned(),
            to: "2026-06-01".to_owned(),
            product: "HF-TW-001".to_owned(),
            q: "ada l".to_owned(),
            ..Filter::default()
        };
        let (question, wrong) = filter.question(&london());
        assert!(wrong.is_empty());
        let terms = r#""v_pack" AND "p_paid" AND "k_hftw001"* AND "t_ada"* AND "t_l""#;
        assert_eq!(question.terms.as_deref(), Some(terms));
        let day: jiff::Timestamp = "2026-05-31T23:00:00Z".parse().unwrap();
        assert_eq!(question.from, Some(Instant::from(day)), "summer time");
        assert_eq!(question.until, Some(Instant::from(day).plus_s(86_400)));
        assert_eq!(filter.query(&[("before", "7")]).matches('&').count(), 6);
        assert_eq!(Filter::default().query(&[]), "");
    }

    #[test]
    fn nothing_grows_with_what_is_typed() {
        let filter = Filter::asked(&format!("?q={}&customer=a%40b.c&x=1", "ä".repeat(9_000)));
        let filter = filter.unwrap();
        assert_eq!((filter.q.chars().count(), filter.customer.as_str()), (TEXT_MAX, "a@b.c"));
        assert!(Filter::asked("q=1&q=2").is_err());
    }

    #[test]
    fn what_is_kept_is_a_filter_and_nothing_else() {
        let kept = Filter::kept("?q=ada&before=7&done=x&view=to-pack");
        assert_eq!(kept.as_deref(), Some("?view=to-pack&q=ada"));
        for nothing in ["", "?before=7", "?view=x", "?from=yesterday", "?q=1&q=2"] {
            assert_eq!(Filter::kept(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_told() {
        let of = |filter: Filter| filter.question(&london());
        assert_eq!(of(Filter::default()), (Question::default(), Vec::new()));
        for filter in [
            Filter { view: "x".to_owned(), ..Filter::default() },
            Filter { payment: "x".to_owned(), ..Filter::default() },
            Filter { fulfilment: "x".to_owned(), ..Filter::default() },
            Filter { from: "yesterday".to_owned(), ..Filter::default() },
        ] {
            assert_eq!(of(filter).1.len(), 1);
        }
        let nothing = of(Filter { q: "--".to_owned(), ..Filter::default() }).0;
        assert_eq!(nothing.terms.as_deref(), Some("\"x_nothing\""), "not everything");
        let far = Filter { to: "9999-12-31".to_owned(), ..Filter::default() };
        assert_eq!(of(far).0.until, None);
    }
}
