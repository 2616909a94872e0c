//! The feed as XML and as a table. Pure.

use super::Found;
use super::feed::Entry;
use super::xml::{element, escape};
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

impl Found {
    /// `/feeds/google.xml`: RSS 2.0 with Google's attributes.
    pub(super) fn google_xml(&self, levels: &Levels) -> String {
        let shop = &self.catalog.shop;
        let mut out = String::with_capacity(self.catalog.products.len() * 4096);
        out.push_str(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n",
        );
        element(&mut out, "title", &[&shop.name]);
        element(&mut out, "link", &[&self.base, "/"]);
        element(&mut out, "description", &[&shop.seo_description]);
        self.entries(levels, |entry| {
            out.push_str("<item>\n");
            for (name, value) in &entry.fields {
                attribute(&mut out, name, value);
            }
            for address in &entry.more_pictures {
                attribute(&mut out, "additional_image_link", address);
            }
            for (service, price) in &entry.shipping {
                out.push_str("<g:shipping>\n");
                attribute(&mut out, "country", &shop.country);
                attribute(&mut out, "service", service);
                attribute(&mut out, "price", price);
                out.push_str("</g:shipping>\n");
            }
            out.push_str("</item>\n");
        });
        out.push_str("</channel>\n</rss>\n");
        out
    }

    /// `/feeds/google.tsv`: the same, one line each.
    pub(super) fn google_tsv(&self, levels: &Levels) -> String {
        let mut out = String::with_capacity(self.catalog.products.len() * 2048);
        out.push_str(&COLUMNS.join("\t"));
        out.push('\n');
        self.entries(levels, |entry| {
            for (at, column) in COLUMNS.iter().enumerate() {
                if at > 0 {
                    out.push('\t');
                }
                self.cell(&mut out, column, entry);
            }
            out.push('\n');
        });
        out
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
        }
    }
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
