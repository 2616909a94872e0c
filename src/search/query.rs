//! From parameters as typed to a [`Query`], or a sentence saying what is wrong.

use super::model::{Query, Refusal, Sort};
use super::typed::Typed;
use super::words::words_of;
use crate::base::Money;
use crate::base::money::NotMoney;
use crate::catalog::{Catalog, Tier};
use crate::platform::render::Locale;

/// Longest text to look for, in characters.
pub const Q_MAX: usize = 200;
/// Last page that can be asked for.
const PAGE_MAX: u32 = 100_000;
/// Values of all facets that can be chosen at once.
const CHOSEN_MAX: usize = 40;
/// Characters of a wrong value that are repeated to its sender.
const SHOWN_CHARS: usize = 40;

impl Typed {
    /// Checks everything.
    ///
    /// # Errors
    /// [`Refusal::BadFilter`] for the first parameter that cannot be used.
    pub fn query(&self, catalog: &Catalog) -> Result<Query, Refusal> {
        if let Some(field) = self.twice() {
            let detail = format!("“{field}” is given more than once.");
            return Err(Refusal::bad(field, detail, "Give it once."));
        }
        let q = self.get("q").to_owned();
        if q.chars().count() > Q_MAX {
            let detail = format!("The text to look for is longer than {Q_MAX} characters.");
            return Err(Refusal::bad("q", detail, "A few words find more."));
        }
        let words = words_of(&q);
        let (price_min, price_max) =
            (self.price("price_min", catalog)?, self.price("price_max", catalog)?);
        if let (Some(min), Some(max)) = (price_min, price_max)
            && min > max
        {
            let detail = "The lowest price is above the highest one.";
            return Err(Refusal::bad("price_min", detail, "Swap the two prices."));
        }
        Ok(Query {
            exact: self.switch("exact")?,
            shelf: self.shelf().map(str::to_owned),
            only: None,
            chosen: self.checked_choice(catalog)?,
            price_min,
            price_max,
            in_stock: self.switch("in_stock")?,
            featured: self.switch("featured")?,
            sort: self.sort_by(catalog, !words.is_empty())?,
            page: self.page()?,
            q,
            words,
        })
    }

    /// Chosen values by facet. Shelves and lines must exist; a tag or option that nothing has any
    /// more finds nothing, so that an old link still shows its chip to take away.
    fn checked_choice(&self, catalog: &Catalog) -> Result<Vec<(String, Vec<String>)>, Refusal> {
        if self.chosen().count() > CHOSEN_MAX {
            let detail = format!("More than {CHOSEN_MAX} values are chosen at once.");
            return Err(Refusal::bad("tag", detail, "Choose fewer."));
        }
        let mut chosen: Vec<(String, Vec<String>)> = Vec::new();
        for (facet, value) in self.chosen() {
            let value = match facet {
                "category" => self.checked_shelf(catalog, value)?,
                "tier" => line(value)?.word(),
                _ => value,
            };
            match chosen.last_mut().filter(|(last, _)| last == facet) {
                Some((_, values)) => values.push(value.to_owned()),
                None => chosen.push((facet.to_owned(), vec![value.to_owned()])),
            }
        }
        Ok(chosen)
    }

    fn price(&self, field: &'static str, catalog: &Catalog) -> Result<Option<i64>, Refusal> {
        let text = self.get(field);
        if text.is_empty() {
            return Ok(None);
        }
        let (currency, locale) = (catalog.shop.currency, Locale::of(&catalog.shop.locale));
        let plain = locale.typed_amount(text, currency);
        let example = Money::new(25 * currency.scale(), currency).decimal();
        Money::parse(&plain, currency).map(|money| Some(money.minor)).map_err(|wrong| {
            let shown = shown(text);
            let detail = match wrong {
                NotMoney::Form => format!("{shown} is not a price."),
                NotMoney::Decimals(n) => {
                    let has = currency.exponent();
                    format!("{shown} has {n} decimals; {} has {has}.", currency.code())
                }
                NotMoney::TooLarge => format!("{shown} is more than anything here can cost."),
            };
            Refusal::bad(field, detail, format!("Write a plain number, such as {example}."))
        })
    }

    fn switch(&self, field: &'static str) -> Result<bool, Refusal> {
        match self.get(field) {
            "" | "0" | "false" | "off" | "no" => Ok(false),
            "1" | "true" | "on" | "yes" => Ok(true),
            other => {
                let detail = format!("{} is neither yes nor no.", shown(other));
                Err(Refusal::bad(field, detail, format!("Write {field}=1, or leave it out.")))
            }
        }
    }

    fn checked_shelf<'a>(&self, catalog: &Catalog, text: &'a str) -> Result<&'a str, Refusal> {
        let path = text.trim_matches('/');
        let inside = self.shelf().is_none_or(|shelf| Catalog::is_within(path, shelf));
        if inside && catalog.category(path).is_some() {
            return Ok(path);
        }
        let detail = format!("There is no category {} here.", shown(text));
        Err(Refusal::bad("category", detail, "Choose one of the list, or leave it out."))
    }

    /// Without words there is nothing to be relevant to: the shop's own order stands in.
    fn sort_by(&self, catalog: &Catalog, has_words: bool) -> Result<Sort, Refusal> {
        let of_shop = Sort::of_shop(&catalog.shop);
        let sort = match self.get("sort") {
            "" if has_words => Sort::Relevance,
            "" => of_shop,
            word => Sort::parse(word).ok_or_else(|| {
                let detail = format!("Nothing can be sorted by {}.", shown(word));
                let known: Vec<&str> = Sort::ALL.into_iter().map(Sort::word).collect();
                Refusal::bad("sort", detail, format!("Choose one of {}.", known.join(", ")))
            })?,
        };
        Ok(if sort == Sort::Relevance && !has_words { of_shop } else { sort })
    }

    fn page(&self) -> Result<u32, Refusal> {
        let text = self.get("page");
        if text.is_empty() {
            return Ok(1);
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let page = text.parse().ok().filter(|page| digits && (1..=PAGE_MAX).contains(page));
        page.ok_or_else(|| {
            let detail = format!("{} is not the number of a page.", shown(text));
            Refusal::bad("page", detail, "Pages are numbered from 1.")
        })
    }
}

fn line(text: &str) -> Result<Tier, Refusal> {
    let known = [Tier::Standard, Tier::Pro, Tier::Special];
    known.into_iter().find(|tier| tier.word() == text).ok_or_else(|| {
        let detail = format!("There is no line {}.", shown(text));
        Refusal::bad("tier", detail, "Choose standard, pro or special.")
    })
}

/// A wrong value in quotes, cut to a length that can be shown.
pub(super) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_CHARS).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("“{cut}{more}”")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::typed::FIELDS;
    use super::*;
    use crate::pricing::sample::Sample;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        Typed::from_pairs(&pairs.iter().map(owned).collect::<Vec<_>>())
    }

    fn parse(pairs: &[(&str, &str)]) -> Result<Query, Refusal> {
        typed(pairs).query(&Sample::new().book().catalog)
    }

    // S3.19, S3.21: every filter and order is read; a form's empty fields are no filters.
    #[test]
    fn filters_are_read() {
        let query = parse(&[
            ("q", " Blue \u{0} mug "),
            ("category", "cleaning-care/"),
            ("price_min", "5"),
            ("price_max", "19.90"),
            ("in_stock", "1"),
            ("tier", "pro"),
            ("sort", "price"),
            ("page", "2"),
            ("utm_source", "letter"),
        ])
        .unwrap();
        assert_eq!((query.q.as_str(), query.words.len(), query.page), ("Blue mug", 2, 2));
        assert_eq!((query.price_min, query.price_max), (Some(500), Some(1990)));
        let chosen = |facet: &str, value: &str| (facet.to_owned(), vec![value.to_owned()]);
        assert_eq!(query.chosen, [chosen("category", "cleaning-care"), chosen("tier", "pro")]);
        assert_eq!(query.sort, Sort::PriceAsc);
        let empty = parse(&[("q", ""), ("tier", ""), ("price_min", " ")]).unwrap();
        assert_eq!((empty.sort, empty.price_min, empty.page), (Sort::Featured, None, 1));
        assert_eq!(parse(&[("q", "mug")]).unwrap().sort, Sort::Relevance);
        assert_eq!(parse(&[("sort", "relevance")]).unwrap().sort, Sort::Featured);
        assert_eq!(parse(&[("q", "mug"), ("sort", "name")]).unwrap().sort, Sort::Name);
    }

    // S3.60: a bad value is refused with a sentence, never a 5xx.
    #[test]
    fn bad_values_are_refused() {
        for (field, value) in [
            ("price_min", "abc"),
            ("price_max", "1.999"),
            ("price_max", "99999999999999999999"),
            ("price_min", "-1"),
            ("in_stock", "maybe"),
            ("featured", "2"),
            ("tier", "gold"),
            ("sort", "random"),
            ("sort", "price; DROP TABLE product"),
            ("category", "nowhere"),
            ("page", "0"),
            ("page", "-1"),
            ("page", "+1"),
            ("page", "99999999999"),
        ] {
            let problem = crate::base::Refusal::problem(&parse(&[(field, value)]).unwrap_err());
            assert_eq!((problem.status, problem.slug), (422, "bad-filter"), "{field}={value}");
            assert_eq!(problem.extras["field"], field);
            assert!(problem.detail.ends_with('.') && problem.hint.is_some());
        }
        assert!(parse(&[("q", &"x".repeat(Q_MAX + 1))]).is_err());
        assert!(parse(&[("q", &"é".repeat(Q_MAX))]).is_ok());
        assert!(parse(&[("price_min", "2"), ("price_max", "1")]).is_err());
        assert!(parse(&[("sort", "name"), ("sort", "newest")]).is_err());
        let many: Vec<String> = (0..=CHOSEN_MAX).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|tag| ("tag", tag.as_str())).collect();
        assert!(parse(&many).is_err() && parse(&many[1..]).is_ok());
        let elsewhere = typed(&[("category", "cleaning-care")]).on_shelf("tableware");
        assert!(elsewhere.query(&Sample::new().book().catalog).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(field in 0..FIELDS.len(), value in any::<String>()) {
            let _ = parse(&[(FIELDS[field], &value)]);
        }
    }
}
