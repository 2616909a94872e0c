//! WooCommerce's product export: one row for each product and each of its variations, which name
//! their parent.

use std::collections::BTreeMap;

use super::incoming::{Incoming, Shelves, picture, status, tags};
use super::markup::markdown;
use super::sheet::{Row, Sheet};
use super::shopify::{gtin, is_more};
use crate::catalog::edit::Values;
use crate::catalog::values::slug_from;

/// The products of a table.
pub(super) fn read(sheet: &Sheet, shelves: &Shelves<'_>) -> Vec<Incoming> {
    let mut found: Vec<Incoming> = Vec::new();
    let mut parents: BTreeMap<String, usize> = BTreeMap::new();
    let mut waiting: Vec<Row<'_>> = Vec::new();
    for row in sheet.rows() {
        let kind = row.get("type").to_lowercase();
        if kind.contains("variation") {
            waiting.push(row);
            continue;
        }
        let is_variable = kind.contains("variable");
        parents.insert(format!("id:{}", row.get("id")), found.len());
        parents.insert(row.get("sku").to_owned(), found.len());
        let mut product = product(row, shelves, is_variable);
        let is_sold = is_variable || kind.contains("simple");
        if !is_sold && product.refused.is_none() {
            product.refused = Some(format!("products of the type {kind} are not taken"));
        }
        found.push(product);
    }
    for row in waiting {
        let parent = parents.get(row.get("parent")).and_then(|at| found.get_mut(*at));
        match parent {
            Some(parent) => variation(parent, row),
            None => found.push(Incoming {
                slug: slug_from(row.get("name")),
                line: row.line,
                lines: vec![row.line],
                refused: Some(format!("its parent {} is not in the table", row.get("parent"))),
                ..Incoming::default()
            }),
        }
    }
    found
}

fn attributes(row: Row<'_>) -> Vec<(String, Vec<String>)> {
    let of = |n: u32| {
        let name = row.get(&format!("attribute {n} name")).to_owned();
        let all = row.get(&format!("attribute {n} value(s)")).split(',');
        let all: Vec<String> = all.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect();
        (!name.is_empty()).then_some((name, all))
    };
    (1..=3).filter_map(of).collect()
}

fn product(row: Row<'_>, shelves: &Shelves<'_>, is_variable: bool) -> Incoming {
    let title = row.get("name");
    let named = row.first(&["meta: slug", "slug"]);
    let slug = slug_from(if named.is_empty() { title } else { named });
    let lines = vec![row.line];
    let mut found = Incoming { slug, line: row.line, lines, ..Incoming::default() };
    if title.is_empty() {
        found.refused = Some("it has no name".to_owned());
        return found;
    }
    let names: Vec<&str> = row.get("categories").split(',').collect();
    let shelf = shelves.find(&names);
    let words = [row.get("short description"), row.get("description")];
    let words: Vec<String> = words.into_iter().map(markdown).filter(|w| !w.is_empty()).collect();
    let words = words.join("\n\n");
    let mut set = |name: &str, text: &str| {
        if !text.trim().is_empty() {
            found.top.insert(name.to_owned(), text.trim().to_owned());
        }
    };
    let is_hidden = row.get("visibility in catalog").eq_ignore_ascii_case("hidden");
    set("title", title);
    set("status", status(row.is_yes("published") && !is_hidden));
    set("category", shelf.as_deref().unwrap_or_default());
    set("brand", row.get("brands"));
    set("tags", &tags(row.get("tags")));
    set("featured", if row.is_yes("is featured?") { "true" } else { "" });
    set("description", if words.is_empty() { title } else { &words });
    for address in row.get("images").split(',').map(str::trim).filter(|a| !a.is_empty()) {
        found.pictures.push((picture(address), title.to_owned()));
    }
    if is_variable {
        found.options = attributes(row);
    } else {
        let mut fields = fields(&mut found, row, 0);
        fields.remove("image");
        found.top.extend(fields);
    }
    if shelf.is_none() {
        let name = names.first().copied().filter(|name| !name.is_empty()).unwrap_or("none");
        found.refused =
            Some(format!("its category is not here ({name}); make it, or name another for such"));
    }
    found
}

fn variation(parent: &mut Incoming, row: Row<'_>) {
    parent.lines.push(row.line);
    let number = parent.variants.len() + 1;
    let mut fields = fields(parent, row, number);
    for (name, all) in attributes(row) {
        let value = all.first().cloned().unwrap_or_default();
        if let Some((_, known)) = parent.options.iter_mut().find(|(axis, _)| *axis == name)
            && !value.is_empty()
            && !known.contains(&value)
        {
            known.push(value.clone());
        }
        fields.insert(format!("options.{name}"), value);
    }
    if let Some(file) = fields.get("image").cloned()
        && parent.pictures.iter().all(|(known, _)| *known != file)
    {
        parent.pictures.push((file, row.get("name").to_owned()));
    }
    parent.variants.push((row.line, fields));
}

/// What a row says about one SKU.
fn fields(found: &mut Incoming, row: Row<'_>, number: usize) -> Values {
    let theirs = row.get("sku");
    let own = found.own_sku(theirs, row.line, number);
    let mut fields = Values::from([("sku".to_owned(), own)]);
    let mut set = |name: &str, text: String| {
        if !text.trim().is_empty() {
            fields.insert(name.to_owned(), text);
        }
    };
    let (regular, sale) = (row.get("regular price"), row.get("sale price"));
    set("price", regular.to_owned());
    if is_more(regular, sale) && !sale.is_empty() {
        set("sale.price", sale.to_owned());
        set("sale.from", moment(row.get("date sale price starts")));
        set("sale.until", moment(row.get("date sale price ends")));
    }
    set("gtin", gtin(row.get("gtin, upc, ean, or isbn")));
    let stock = row.get("stock");
    set("stock.opening", stock.parse::<u32>().map(|n| n.to_string()).unwrap_or_default());
    let low = row.get("low stock amount");
    set("stock.low", low.parse::<u32>().map(|n| n.to_string()).unwrap_or_default());
    set("shipping_weight", weight(row));
    let first = row.get("images").split(',').next().unwrap_or_default();
    set("image", picture(first.trim()));
    fields
}

/// Weights stand in the unit that the heading names.
fn weight(row: Row<'_>) -> String {
    let grams = row.get("weight (g)");
    if !grams.is_empty() {
        return super::shopify::weight(grams);
    }
    let kilograms = row.get("weight (kg)");
    let is_number = kilograms.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_some = kilograms.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if is_number && is_some { format!("{kilograms} kg") } else { String::new() }
}

/// A day without a time begins at midnight UTC.
fn moment(text: &str) -> String {
    let day = text.get(..10).unwrap_or_default();
    if day.parse::<jiff::civil::Date>().is_ok() {
        format!("{day}T00:00:00Z")
    } else {
        String::new()
    }
}
