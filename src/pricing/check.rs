//! Rules that hold between promotions, delivery, taxes and the catalog.

use std::collections::HashMap;

use super::model::{Book, Effect, Promotion};
use crate::catalog::{Catalog, Status, sku_unknown};
use crate::platform::content::{Complaints, Place, Tree, Wrong};

struct Check<'a> {
    tree: &'a Tree,
    complaints: &'a Complaints,
    book: &'a Book,
}

/// Checks the book as a whole, gathering every mistake.
pub(super) fn check(tree: &Tree, complaints: &Complaints, book: &Book) {
    let check = Check { tree, complaints, book };
    check.codes();
    for promotion in &book.promotions {
        check.exclusive(promotion);
        check.conditions(promotion);
        check.effect(promotion);
    }
    check.overlaps();
    check.tax_classes();
    check.countries();
}

fn file(promotion: &Promotion) -> String {
    format!("promotions/{}.toml", promotion.id)
}

impl Check<'_> {
    fn add(&self, file: &str, key: &str, wrong: Wrong) {
        self.complaints.add(self.tree.place(file, key), wrong);
    }

    /// A code switches one promotion on, whatever its case.
    fn codes(&self) {
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for promotion in &self.book.promotions {
            for (at, code) in promotion.codes.iter().enumerate() {
                if let Some(other) = owners.insert(code, &promotion.id) {
                    let message =
                        format!("the code {code} belongs to promotions/{other}.toml already");
                    let wrong = Wrong::error("code-taken", message).hint("choose another code");
                    self.add(&file(promotion), &format!("codes.{at}"), wrong);
                }
            }
        }
    }

    fn exclusive(&self, promotion: &Promotion) {
        for (at, other) in promotion.exclusive_with.iter().enumerate() {
            let key = format!("exclusive_with.{at}");
            if *other == promotion.id {
                let wrong = Wrong::error("promotion-self", "it cannot exclude itself");
                self.add(&file(promotion), &key, wrong.hint("remove it"));
            } else if self.tree.file(&format!("promotions/{other}.toml")).is_none() {
                let message = format!("there is no promotion \"{other}\"");
                let wrong = Wrong::error("promotion-unknown", message);
                let hint = "write the name of a file in content/promotions without .toml";
                self.add(&file(promotion), &key, wrong.hint(hint));
            }
        }
    }

    /// What a promotion names must exist, and somebody must be able to meet its conditions.
    fn conditions(&self, promotion: &Promotion) {
        let (file, catalog) = (file(promotion), &*self.book.catalog);
        let when = &promotion.when;
        let certain = self.complaints.names_complete();
        for (at, path) in when.category.iter().enumerate() {
            if certain && catalog.category(path).is_none() {
                let message = format!("there is no category \"{path}\"");
                let hint = "write its path, such as \"tableware/mugs\"";
                let wrong = Wrong::error("category-unknown", message).hint(hint);
                self.add(&file, &format!("when.category.{at}"), wrong);
            }
        }
        for (at, tag) in when.tag.iter().enumerate() {
            if certain && !catalog.live_products().any(|p| p.tags.contains(tag)) {
                let message = format!("no live product has the tag \"{tag}\"");
                let wrong = Wrong::warning("condition-unreachable", message);
                let hint = "correct the tag, or give it to a product";
                self.add(&file, &format!("when.tag.{at}"), wrong.hint(hint));
            }
        }
        for (at, sku) in when.sku.iter().enumerate() {
            let key = format!("when.sku.{at}");
            match catalog.find(sku) {
                None if certain => self.add(&file, &key, sku_unknown(catalog, sku)),
                Some((product, _)) if promotion.live && product.status != Status::Live => {
                    let message = format!("\"{}\" ({sku}) is not live", product.title);
                    let wrong = Wrong::error("promotion-sku-not-live", message);
                    let hint = "set its status to live, or make the promotion a draft";
                    self.add(&file, &key, wrong.hint(hint));
                }
                _ => {}
            }
        }
        if certain && !meetable(catalog, promotion) {
            let message = "no live product meets all of `category`, `tag` and `sku` at once";
            let wrong = Wrong::warning("condition-unreachable", message);
            self.add(&file, "when", wrong.hint("loosen one of them"));
        }
    }

    /// An amount off must not be more than the goods it is taken from.
    fn effect(&self, promotion: &Promotion) {
        let Effect::AmountOffOrder { amount_minor } = promotion.effect else { return };
        let least = promotion.when.subtotal_from_minor.unwrap_or(0);
        if least < amount_minor {
            let message = "the amount can be more than the goods cost";
            let wrong = Wrong::warning("effect-exceeds-subtotal", message);
            let hint = "add subtotal_from in [when], at least as high as the amount";
            self.add(&file(promotion), "effect.amount", wrong.hint(hint));
        }
    }

    /// Two automatic promotions that exclude each other and run at the same time: only the better
    /// one is given, which is easily forgotten.
    fn overlaps(&self) {
        let certain = |p: &&Promotion| !self.complaints.has_errors(&file(p));
        let automatic = self.book.promotions.iter().filter(|p| p.live && p.codes.is_empty());
        let automatic = automatic.filter(certain);
        let automatic: Vec<&Promotion> = automatic.collect();
        for (at, one) in automatic.iter().enumerate() {
            for other in automatic.iter().skip(at + 1) {
                let names = |a: &Promotion, b: &Promotion| a.exclusive_with.contains(&b.id);
                if !(names(one, other) || names(other, one)) || !overlap(one, other) {
                    continue;
                }
                let owner = if names(one, other) { one } else { other };
                let message = format!(
                    "\"{}\" and \"{}\" exclude each other and run at the same time",
                    one.id, other.id
                );
                let wrong = Wrong::warning("promotion-overlap", message);
                let hint =
                    "whoever meets both gets the better one; set dates apart if that is not meant";
                self.add(&file(owner), "exclusive_with", wrong.hint(hint));
            }
        }
    }

    fn tax_classes(&self) {
        if self.book.tax_classes.is_empty() || !self.complaints.names_complete() {
            return;
        }
        for product in self.book.catalog.products.values() {
            if self.book.tax_classes.contains(&product.tax_class) {
                continue;
            }
            let message = format!("there is no tax class \"{}\"", product.tax_class);
            let known: Vec<String> =
                self.book.tax_classes.iter().map(|c| format!("\"{c}\"")).collect();
            let hint = format!("use {}, or add it to content/taxes.toml", known.join(", "));
            let wrong = Wrong::error("tax-class-unknown", message).hint(hint);
            self.add(&format!("products/{}.toml", product.slug), "tax_class", wrong);
        }
    }

    /// Every country sold to has delivery (or it would not be sold to) and tax for every class
    /// in use; the shop's own country is sold to.
    fn countries(&self) {
        let catalog = &self.book.catalog;
        let home = &catalog.shop.country;
        let served = |c: &String| self.book.zones.iter().any(|z| z.countries.contains(c));
        let certain = !self.complaints.has_errors("shipping.toml") && !self.book.zones.is_empty();
        if certain && !home.is_empty() && !served(home) {
            let message = format!("nothing is delivered to {home}, the shop's own country");
            let wrong = Wrong::warning("home-not-served", message);
            self.add("shipping.toml", "zones", wrong.hint("add it to the countries of a zone"));
        }
        if self.book.tax_rates.is_empty() || !self.complaints.names_complete() {
            return;
        }
        let mut classes: Vec<&str> =
            catalog.products.values().map(|p| p.tax_class.as_str()).collect();
        classes.push("standard");
        classes.sort_unstable();
        classes.dedup();
        for (at, zone) in self.book.zones.iter().enumerate() {
            for country in &zone.countries {
                for class in &classes {
                    self.taxed(at, country, class);
                }
            }
        }
    }

    fn taxed(&self, zone: usize, country: &str, class: &str) {
        let known = self.book.tax_classes.iter().any(|c| c == class);
        let mut rates = self.book.tax_rates.iter();
        if !known || rates.any(|r| r.country == *country && r.class == *class) {
            return;
        }
        let message = format!("{country} is sold to, but has no tax rate for \"{class}\"");
        let wrong = Wrong::error("country-without-tax", message);
        let hint = "add [[rates]] for it to content/taxes.toml; percent = \"0\" when it has no tax";
        self.complaints.add(self.country_place(zone, country), wrong.hint(hint));
    }

    /// Where a country stands in a zone: its text in the list, found by value because entries
    /// that could not be read are not in the zone.
    fn country_place(&self, zone: usize, country: &str) -> Place {
        let list = self.tree.place("shipping.toml", &format!("zones.{zone}.countries"));
        let text = self.tree.text("shipping.toml").and_then(|t| t.get(list.span.clone()));
        let quoted = format!("\"{country}\"");
        match text.and_then(|t| t.find(&quoted)) {
            Some(at) => {
                let start = list.span.start + at;
                Place { span: start..start + quoted.len(), ..list }
            }
            None => list,
        }
    }
}

/// Whether any live product lies in the categories, has a tag and is a SKU named, all at once.
fn meetable(catalog: &Catalog, promotion: &Promotion) -> bool {
    let when = &promotion.when;
    let kinds = [when.category.is_empty(), when.tag.is_empty(), when.sku.is_empty()];
    // With one kind of condition only, the checks above have said all there is to say.
    if kinds.iter().filter(|empty| !**empty).count() < 2 {
        return true;
    }
    catalog.live_products().any(|p| {
        let shelf = |c: &String| Catalog::is_within(&p.category, c);
        let in_shelf = when.category.is_empty() || when.category.iter().any(shelf);
        let tagged = when.tag.is_empty() || when.tag.iter().any(|t| p.tags.contains(t));
        let named = |v: &crate::catalog::Variant| when.sku.contains(&v.sku);
        in_shelf && tagged && (when.sku.is_empty() || p.variants.iter().any(named))
    })
}

/// Whether two half-open periods share a moment.
fn overlap(one: &Promotion, other: &Promotion) -> bool {
    let before = |a: &Promotion, b: &Promotion| match (a.until, b.from) {
        (Some(end), Some(start)) => end <= start,
        _ => false,
    };
    !before(one, other) && !before(other, one)
}
