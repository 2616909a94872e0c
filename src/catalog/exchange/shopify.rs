//! Shopify's product export, with its older and its newer headings. Rows that share a handle are
//! one product: the first has its fields, later ones are variants or only pictures.

use std::collections::BTreeMap;

use super::incoming::{Incoming, Shelves, picture, status, tags};
use super::markup::markdown;
use super::sheet::{Row, Sheet};
use crate::base::slug::is_slug;
use crate::catalog::edit::Values;
use crate::catalog::values::slug_from;

/// What Shopify calls the option of a product that has none.
const NONE: &str = "default title";

/// The products of a table.
pub(super) fn read(sheet: &Sheet, shelves: &Shelves<'_>) -> Vec<Incoming> {
    let mut groups: Vec<Vec<Row<'_>>> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for row in sheet.rows() {
        let handle = row.first(&["handle", "url handle"]).to_owned();
        match at.get(&handle).and_then(|at| groups.get_mut(*at)) {
            Some(group) => group.push(row),
            None => {
                at.insert(handle, groups.len());
                groups.push(vec![row]);
            }
        }
    }
    groups.iter().filter_map(|rows| product(rows, shelves)).collect()
}

fn product(rows: &[Row<'_>], shelves: &Shelves<'_>) -> Option<Incoming> {
    let first = *rows.first()?;
    let handle = first.first(&["handle", "url handle"]);
    let slug = if is_slug(handle) { handle.to_owned() } else { slug_from(handle) };
    let lines = rows.iter().map(|row| row.line).collect();
    let mut found = Incoming { slug, line: first.line, lines, ..Incoming::default() };
    let title = first.get("title");
    if title.is_empty() {
        found.refused = Some("the first row of the product has no title".to_owned());
        return Some(found);
    }
    let is_live = !first.is_no("published") && !first.is_no("published on online store");
    let state = match first.get("status").to_lowercase().as_str() {
        "archived" => "archived",
        "draft" | "unlisted" => "draft",
        _ => status(is_live),
    };
    let category = first.get("product category");
    let shelf = shelves.find(&[first.get("type"), category, category.rsplit('>').next()?]);
    let words = markdown(first.first(&["body (html)", "description"]));
    let mut set = |name: &str, text: &str| {
        if !text.trim().is_empty() {
            found.top.insert(name.to_owned(), text.trim().to_owned());
        }
    };
    set("title", title);
    set("status", state);
    set("category", shelf.as_deref().unwrap_or_default());
    set("brand", first.get("vendor"));
    set("product_type", first.get("type"));
    set("tags", &tags(first.get("tags")));
    set("description", if words.is_empty() { title } else { &words });
    let axes: Vec<(String, &str)> = (1..=3)
        .map(|n| (first.get(&format!("option{n} name")).to_owned(), n))
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, n)| (name, ["", "option1 value", "option2 value", "option3 value"][n]))
        .collect();
    let is_plain = axes.iter().all(|(_, value)| first.get(value).to_lowercase() == NONE);
    pictures(&mut found, rows, title);
    if is_plain {
        let mut fields = fields(&mut found, first, 0);
        fields.remove("image");
        found.top.extend(fields);
    } else {
        variants(&mut found, rows, &axes);
    }
    if shelf.is_none() {
        let names = [first.get("type"), category].into_iter().find(|name| !name.is_empty());
        let name = names.unwrap_or("none");
        found.refused =
            Some(format!("its category is not here ({name}); make it, or name another for such"));
    }
    Some(found)
}

fn pictures(found: &mut Incoming, rows: &[Row<'_>], title: &str) {
    let mut all: Vec<(i64, String, String)> = Vec::new();
    for row in rows {
        let file = picture(row.first(&["image src", "product image url"]));
        if file.is_empty() || all.iter().any(|(_, known, _)| *known == file) {
            continue;
        }
        let place = row.get("image position").parse().unwrap_or(i64::MAX);
        let alt = row.get("image alt text");
        all.push((place, file, if alt.is_empty() { title } else { alt }.to_owned()));
    }
    all.sort_by_key(|(place, ..)| *place);
    found.pictures = all.into_iter().map(|(_, file, alt)| (file, alt)).collect();
}

fn variants(found: &mut Incoming, rows: &[Row<'_>], axes: &[(String, &str)]) {
    let mut values: Vec<Vec<String>> = vec![Vec::new(); axes.len()];
    for row in rows {
        let price = row.first(&["variant price", "price"]);
        if price.is_empty() && row.get("option1 value").is_empty() {
            // Only a picture.
            continue;
        }
        let number = found.variants.len() + 1;
        let mut fields = fields(found, *row, number);
        for ((name, column), all) in axes.iter().zip(&mut values) {
            let value = row.get(column).to_owned();
            if !value.is_empty() && !all.contains(&value) {
                all.push(value.clone());
            }
            fields.insert(format!("options.{name}"), value);
        }
        found.variants.push((row.line, fields));
    }
    found.options = axes.iter().map(|(name, _)| name.clone()).zip(values).collect();
}

/// What a row says about one SKU.
fn fields(found: &mut Incoming, row: Row<'_>, number: usize) -> Values {
    let mut fields = Values::new();
    let mut set = |name: &str, text: String| {
        if !text.trim().is_empty() {
            fields.insert(name.to_owned(), text);
        }
    };
    let theirs = row.first(&["variant sku", "sku"]);
    let own = found.own_sku(theirs, row.line, number);
    set("sku", own);
    let price = row.first(&["variant price", "price"]);
    let before = row.first(&["variant compare at price", "compare-at price"]);
    if is_more(before, price) {
        set("price", before.to_owned());
        set("sale.price", price.to_owned());
    } else {
        set("price", price.to_owned());
    }
    set("gtin", gtin(row.first(&["variant barcode", "barcode"])));
    let grams = row.first(&["variant grams", "weight value (grams)"]);
    set("shipping_weight", weight(grams));
    let stock = row.first(&["variant inventory qty", "inventory quantity"]);
    let is_counted = stock.parse::<u32>().is_ok();
    set("stock.opening", if is_counted { stock.to_owned() } else { String::new() });
    set("image", picture(row.first(&["variant image", "variant image url"])));
    fields
}

/// Whether one amount is more than another; what is no amount is not.
pub(super) fn is_more(one: &str, other: &str) -> bool {
    let number = |text: &str| -> Option<u64> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{:0<4}", rest.get(..rest.len().min(4))?).parse().ok()
    };
    matches!((number(one), number(other)), (Some(one), Some(other)) if one > other)
}

/// Whole grams as we write them.
pub(super) fn weight(grams: &str) -> String {
    let whole = grams.split('.').next().unwrap_or_default();
    match whole.parse::<u32>() {
        Ok(grams) if grams > 0 => format!("{grams} g"),
        _ => String::new(),
    }
}

/// A barcode, when it is one.
pub(super) fn gtin(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    crate::catalog::values::gtin(&digits).unwrap_or_default()
}
