//! The feed as XML and as a table. Pure.

use super::Found;
use super::feed::Entry;
use super::xml::{element, escape};
use crate::catalog::Product;
use crate::search::Levels;

/// Columns of the table. An attribute that is missing here would be lost there; a test compares.
pub(super) const COLUMNS: &[&str] = &[
    "id",
    "title",
    "description",
    "link",
    "item_group_id",
    "color",
    "size",
    "material",
    "pattern",
    "gender",
    "age_group",
    "image_link",
    "additional_image_link",
    "availability",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "condition",
    "unit_pricing_measure",
    "unit_pricing_base_measure",
    "shipping_weight",
    "shipping",
    "brand",
    "gtin",
    "mpn",
    "identifier_exists",
    "is_bundle",
    "google_product_category",
    "product_type",
    "custom_label_0",
];

/// Room kept for bundles and the end of a feed, in bytes.
const SPARE: usize = 64 * 1024;

/// The feed as XML and as a table, each from the same entries.
#[derive(Default)]
pub(super) struct Feeds {
    /// `/feeds/google.xml`: RSS 2.0 with Google's attributes.
    pub(super) xml: String,
    /// `/feeds/google.tsv`: the same, one line each.
    pub(super) tsv: String,
}

impl Found {
    /// Both feeds; `parts` are what [`Self::google_part`] wrote of all live products, in order.
    pub(super) fn google(&self, levels: &Levels, parts: Vec<Feeds>) -> Feeds {
        let shop = &self.catalog.shop;
        let mut feeds = Feeds::default();
        feeds.xml.push_str(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n",
        );
        element(&mut feeds.xml, "title", &[&shop.name]);
        element(&mut feeds.xml, "link", &[&self.base, "/"]);
        element(&mut feeds.xml, "description", &[&shop.seo_description]);
        feeds.tsv.push_str(&COLUMNS.join("\t"));
        feeds.tsv.push('\n');
        // Room for all of it at once: what grows by doubling ends with half of it unused.
        feeds.xml.reserve_exact(parts.iter().map(|part| part.xml.len()).sum::<usize>() + SPARE);
        feeds.tsv.reserve_exact(parts.iter().map(|part| part.tsv.len()).sum::<usize>() + SPARE);
        for part in parts {
            feeds.xml.push_str(&part.xml);
            feeds.tsv.push_str(&part.tsv);
        }
        for bundle in self.catalog.live_bundles() {
            self.write_entry(&mut feeds, &self.bundle_entry(levels, bundle));
        }
        feeds.xml.push_str("</channel>\n</rss>\n");
        feeds
    }

    /// The lines of some products in both.
    pub(super) fn google_part<'a>(&'a self, levels: &Levels, products: &[&'a Product]) -> Feeds {
        let mut feeds = Feeds::default();
        self.entries(levels, products, |entry| self.write_entry(&mut feeds, entry));
        feeds
    }

    fn write_entry(&self, feeds: &mut Feeds, entry: &Entry<'_>) {
        let out = &mut feeds.xml;
        out.push_str("<item>\n");
        for (name, value) in &entry.fields {
            attribute(out, name, value);
        }
        for address in &entry.more_pictures {
            attribute(out, "additional_image_link", address);
        }
        for (service, price) in &entry.shipping {
            out.push_str("<g:shipping>\n");
            attribute(out, "country", &self.catalog.shop.country);
            attribute(out, "service", service);
            attribute(out, "price", price);
            out.push_str("</g:shipping>\n");
        }
        out.push_str("</item>\n");
        for (at, column) in COLUMNS.iter().enumerate() {
            if at > 0 {
                feeds.tsv.push('\t');
            }
            self.cell(&mut feeds.tsv, column, entry);
        }
        feeds.tsv.push('\n');
    }

    fn cell(&self, out: &mut String, column: &str, entry: &Entry<'_>) {
        match column {
            "additional_image_link" => out.push_str(&entry.more_pictures.join(",")),
            "shipping" => {
                for (at, (service, price)) in entry.shipping.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    out.push_str(&self.catalog.shop.country);
                    out.push_str("::");
                    // Colons and commas part the pieces of this cell.
                    out.extend(service.chars().map(|c| if ",:\t\n".contains(c) { ' ' } else { c }));
                    out.push(':');
                    out.push_str(price);
                }
            }
            _ => {
                let value = entry.fields.iter().find(|(name, _)| *name == column);
                let value = value.map_or("", |(_, value)| value.as_ref());
                quote(out, value);
            }
        }
    }
}

/// A cell of the table: in quotes where it has some, and without what would end it.
fn quote(out: &mut String, value: &str) {
    let is_special = |c: char| c == '"' || c.is_control();
    if !value.contains(is_special) {
        return out.push_str(value);
    }
    let quoted = value.contains('"');
    out.push_str(if quoted { "\"" } else { "" });
    for c in value.chars() {
        match c {
            '"' => out.push_str("\"\""),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push_str(if quoted { "\"" } else { "" });
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push_str("<g:");
    out.push_str(name);
    out.push('>');
    escape(out, value);
    out.push_str("</g:");
    out.push_str(name);
    out.push_str(">\n");
}
