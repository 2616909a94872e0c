//! Our own columns: one row for a product, and one more for each of its variants.

use std::collections::BTreeMap;

use super::incoming::{Incoming, Shelves};
use super::sheet::{Row, Sheet};
use crate::base::cell::guarded;
use crate::catalog::edit::{Kind, Values, values};

/// Our columns and the field each stands for; rows of variants use the same where they have it.
pub const COLUMNS: [(&str, &str); 34] = [
    ("slug", ""),
    ("title", "title"),
    ("status", "status"),
    ("category", "category"),
    ("sku", "sku"),
    ("price", "price"),
    ("sale_price", "sale.price"),
    ("sale_from", "sale.from"),
    ("sale_until", "sale.until"),
    ("option_values", ""),
    ("options", ""),
    ("swatches", ""),
    ("opening_stock", "stock.opening"),
    ("low_at", "stock.low"),
    ("max_per_order", "stock.max_per_order"),
    ("weight", "shipping_weight"),
    ("gtin", "gtin"),
    ("mpn", "mpn"),
    ("brand", "brand"),
    ("tier", "tier"),
    ("product_type", "product_type"),
    ("tags", "tags"),
    ("featured", "featured"),
    ("published", "published"),
    ("condition", "condition"),
    ("code", "code"),
    ("tax_class", "tax_class"),
    ("unit_pricing_measure", "unit_pricing_measure"),
    ("unit_pricing_base_measure", "unit_pricing_base_measure"),
    ("image_style", "image_style"),
    ("redirect_from", "redirect_from"),
    ("former_skus", "sku_was"),
    ("pictures", ""),
    ("description", "description"),
];

/// Fields of a variant; everything else belongs to the product.
pub(super) const OF_VARIANT: &[&str] = &[
    "sku",
    "price",
    "sale.price",
    "sale.from",
    "sale.until",
    "stock.opening",
    "stock.low",
    "stock.max_per_order",
    "shipping_weight",
    "gtin",
    "mpn",
    "sku_was",
];

/// Between a picture and its words, a value and the next.
const BAR: &str = " | ";

/// Products as a table: `products` are slugs with the text of their file, and of the description
/// beside it. Files that cannot be read are left out; their slugs come back.
///
/// # Errors
/// When the table cannot be written, in the writer's words.
pub fn export<'a>(
    products: impl IntoIterator<Item = (&'a str, &'a str, Option<&'a str>)>,
) -> Result<(Vec<u8>, Vec<String>), String> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut left_out = Vec::new();
    writer.write_record(COLUMNS.map(|(name, _)| name)).map_err(|why| why.to_string())?;
    for (slug, text, beside) in products {
        let Ok(mut known) = values(Kind::Product, text) else {
            left_out.push(slug.to_owned());
            continue;
        };
        if let Some(beside) = beside {
            known.insert("description".to_owned(), beside.to_owned());
        }
        for row in rows(slug, &known) {
            writer
                .write_record(row.iter().map(|cell| guarded(cell).into_owned()))
                .map_err(|w| w.to_string())?;
        }
    }
    let bytes = writer.into_inner().map_err(|why| why.to_string())?;
    Ok((bytes, left_out))
}

fn rows(slug: &str, known: &Values) -> Vec<Vec<String>> {
    let get = |name: &str| known.get(name).cloned().unwrap_or_default();
    let top = COLUMNS.map(|(column, field)| match column {
        "slug" => slug.to_owned(),
        "options" => joined(known, "options.", |at| {
            let all = get(&format!("options.{at}.values")).replace('\n', BAR);
            format!("{}: {all}", get(&format!("options.{at}.name")))
        }),
        "swatches" => joined(known, "options.", |at| {
            let all = get(&format!("options.{at}.swatches")).replace('\n', BAR);
            let name = get(&format!("options.{at}.name"));
            if all.is_empty() { all } else { format!("{name}: {all}") }
        }),
        "pictures" => joined(known, "images.", |at| {
            let alt = get(&format!("images.{at}.alt"));
            let file = get(&format!("images.{at}.file"));
            if alt.is_empty() { file } else { format!("{file}{BAR}{alt}") }
        }),
        "option_values" => String::new(),
        "description" => get(field).trim_end().to_owned(),
        _ => get(field),
    });
    let mut rows = vec![top.to_vec()];
    for at in numbers(known, "variants.") {
        let row = COLUMNS.map(|(column, field)| match column {
            "slug" => slug.to_owned(),
            "option_values" => {
                let start = format!("variants.{at}.options.");
                let chosen = known.range(start.clone()..).map_while(|(name, value)| {
                    Some(format!("{}: {value}", name.strip_prefix(&start)?))
                });
                chosen.collect::<Vec<_>>().join("\n")
            }
            "pictures" => get(&format!("variants.{at}.image")),
            _ if OF_VARIANT.contains(&field) => get(&format!("variants.{at}.{field}")),
            _ => String::new(),
        });
        rows.push(row.to_vec());
    }
    rows
}

fn numbers(known: &Values, start: &str) -> Vec<usize> {
    let of = |name: &String| name.strip_prefix(start)?.split('.').next()?.parse().ok();
    let mut all: Vec<usize> = known.keys().filter_map(of).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn joined(known: &Values, start: &str, one: impl Fn(usize) -> String) -> String {
    numbers(known, start).into_iter().map(one).collect::<Vec<_>>().join("\n")
}

/// The products of a table. Rows without a title that follow their product are its variants.
pub(super) fn read(sheet: &Sheet, shelves: &Shelves<'_>) -> Vec<Incoming> {
    let mut found: Vec<Incoming> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for row in sheet.rows() {
        let named = row.get("slug").to_owned();
        let by_sku = || (shelves.slug_of)(row.get("sku")).unwrap_or_default();
        let slug = if named.is_empty() { by_sku() } else { named };
        // Rows that name nothing have nothing in common.
        let key = if slug.is_empty() { format!("#{}", row.line) } else { slug.clone() };
        let number = *at.entry(key).or_insert_with(|| {
            found.push(Incoming { slug: slug.clone(), line: row.line, ..Incoming::default() });
            found.len() - 1
        });
        let Some(product) = found.get_mut(number) else { continue };
        product.lines.push(row.line);
        let is_first = product.lines.len() == 1;
        let is_variant = !row.get("option_values").is_empty() || !is_first;
        if is_variant {
            variant(product, row);
        } else {
            whole(product, row);
        }
    }
    found
}

/// `Oat | Sage`.
fn parts_of(cell: &str) -> Vec<String> {
    let parts = cell.split('|').map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

fn whole(product: &mut Incoming, row: Row<'_>) {
    for (column, field) in COLUMNS.iter().filter(|(_, field)| !field.is_empty()) {
        let cell = row.get(column);
        if !cell.is_empty() {
            product.top.insert((*field).to_owned(), cell.replace("\r\n", "\n"));
        }
    }
    for line in row.get("options").lines() {
        let Some((name, all)) = line.split_once(':') else { continue };
        product.options.push((name.trim().to_owned(), parts_of(all)));
    }
    for line in row.get("swatches").lines() {
        let Some((name, all)) = line.split_once(':') else { continue };
        let name = name.trim();
        let Some((_, values)) = product.options.iter().find(|(axis, _)| axis == name) else {
            continue;
        };
        for (value, colour) in values.iter().zip(parts_of(all)) {
            product.swatches.insert((name.to_owned(), value.clone()), colour);
        }
    }
    for line in row.get("pictures").lines().filter(|line| !line.trim().is_empty()) {
        let (file, alt) = line.split_once('|').unwrap_or((line, ""));
        product.pictures.push((file.trim().to_owned(), alt.trim().to_owned()));
    }
}

fn variant(product: &mut Incoming, row: Row<'_>) {
    let mut fields = Values::new();
    for (column, field) in COLUMNS.iter().filter(|(_, field)| OF_VARIANT.contains(field)) {
        let cell = row.get(column);
        if !cell.is_empty() {
            fields.insert((*field).to_owned(), cell.to_owned());
        }
    }
    for line in row.get("option_values").lines() {
        if let Some((axis, value)) = line.split_once(':') {
            fields.insert(format!("options.{}", axis.trim()), value.trim().to_owned());
        }
    }
    if let Some(picture) = row.get("pictures").lines().next().filter(|line| !line.is_empty()) {
        fields.insert("image".to_owned(), picture.trim().to_owned());
    }
    product.variants.push((row.line, fields));
}
