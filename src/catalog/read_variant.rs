//! Variants: the buyable units of a product.

use super::model::{OptionAxis, Sale, Variant};
use super::read::Reading;
use super::read_product::picture_file;
use super::values;
use crate::base::ids::Sku;
use crate::platform::content::{Table, Wrong};

/// What a product says once for all its variants.
struct Shared {
    /// Whether a price stands there at all, readable or not.
    price_given: bool,
    /// No SKU is expected here.
    unnamed: bool,
    price_minor: Option<i64>,
    sale: Option<Sale>,
    weight_g: Option<u32>,
    low: Option<u32>,
    max_per_order: Option<u32>,
}

/// Reads the variants of a product: one from the top of the file when it has no options.
pub(super) fn read(r: &Reading<'_>, top: &mut Table<'_>, axes: &[OptionAxis]) -> Vec<Variant> {
    let several = top.has("variants");
    if top.has("options") && !several {
        let wrong = Wrong::error("variants-missing", "there are options, but no variants");
        top.complain_key("options", wrong.hint("add [[variants]] for each combination sold"));
        r.complaints.names_lost();
    }
    let price = match several {
        true => top.get("price"),
        false => top.need("price", "price = \"12.99\""),
    };
    let mut shared = Shared {
        price_given: top.has("price"),
        unnamed: top.has("options") && !several,
        price_minor: price.number(|text| values::money_above_zero("price", text, r.currency)),
        sale: None,
        weight_g: top.get("shipping_weight").read(20, values::weight_g),
        low: None,
        max_per_order: None,
    };
    shared.sale = sale(r, top, shared.price_minor);
    let opening = top.table("stock").map(|mut t| {
        let opening = counted(&mut t, &mut shared.low, &mut shared.max_per_order);
        if several && t.has("opening") {
            let wrong = Wrong::error("key-misplaced", "`opening` belongs to each variant");
            t.complain_key("opening", wrong.hint("write stock = { opening = 25 } in [[variants]]"));
        }
        t.finish();
        opening
    });
    if several {
        return list(r, top, axes, &shared);
    }
    vec![named(r, top, &shared, opening.unwrap_or_default())]
}

fn list(
    r: &Reading<'_>,
    top: &mut Table<'_>,
    axes: &[OptionAxis],
    shared: &Shared,
) -> Vec<Variant> {
    for key in ["sku", "sku_was", "gtin", "mpn"] {
        if top.has(key) {
            let wrong = Wrong::error("key-misplaced", format!("`{key}` belongs to each variant"));
            top.complain_key(key, wrong.hint(format!("move `{key}` into [[variants]]")));
            let _ = top.get(key);
        }
    }
    let tables = top.tables("variants");
    if tables.is_empty() {
        r.complaints.names_lost();
    }
    let mut variants: Vec<Variant> = Vec::new();
    for mut table in tables {
        let variant = one(r, &mut table, axes, shared);
        let same = |v: &Variant| !v.options.is_empty() && v.options == variant.options;
        if variants.iter().any(same) {
            let message = format!("the variant \"{}\" stands here twice", variant.label());
            let wrong = Wrong::error("variant-repeats", message);
            table.complain("options", wrong.hint("change its options or remove it"));
        }
        variants.push(variant);
        table.finish();
    }
    variants
}

fn one(r: &Reading<'_>, table: &mut Table<'_>, axes: &[OptionAxis], shared: &Shared) -> Variant {
    let own = table.get("price");
    let own = own.number(|text| values::money_above_zero("price", text, r.currency));
    if !table.has("price") && !shared.price_given {
        table.complain_here(
            Wrong::error("key-missing", "`price` is missing, here and at the top of the file")
                .hint("write price = \"12.99\" in one of the two"),
        );
    }
    let price_minor = own.or(shared.price_minor);
    // The sale of the product is a lower price for its own price, not for a variant's other one.
    let inherited = shared.sale.filter(|_| own.is_none() || own == shared.price_minor);
    let mut own = Shared {
        price_given: true,
        unnamed: false,
        price_minor,
        sale: sale(r, table, price_minor).or(inherited),
        weight_g: table.get("shipping_weight").read(20, values::weight_g).or(shared.weight_g),
        low: shared.low,
        max_per_order: shared.max_per_order,
    };
    let options = choices(table, axes);
    let image = table.get("image").read(200, picture_file);
    let opening = table.table("stock").map(|mut t| {
        let opening = counted(&mut t, &mut own.low, &mut own.max_per_order);
        t.finish();
        opening
    });
    let variant = named(r, table, &own, opening.unwrap_or_default());
    Variant { options, image, ..variant }
}

/// What stands at the top of a simple product and inside each variant alike.
fn named(r: &Reading<'_>, table: &mut Table<'_>, own: &Shared, opening: u32) -> Variant {
    // With options and no variants, the SKU is missing for another reason.
    let sku = match own.unnamed {
        true => table.get("sku"),
        false => table.need("sku", "sku = \"BW-CL-001\""),
    };
    let sku = sku.read(80, values::sku);
    let sku_was: Vec<Sku> = table.get("sku_was").list(50, values::sku);
    let gtin = table.get("gtin").read(20, values::gtin);
    let mpn = table.get("mpn").text(70).map(str::to_owned);
    if sku.is_none() {
        r.complaints.names_lost();
    }
    Variant {
        // An empty SKU keeps the variants' positions as they are in the file.
        sku: sku.unwrap_or_else(|| Sku::from_stored("")),
        sku_was,
        options: Vec::new(),
        price_minor: own.price_minor.unwrap_or_default(),
        sale: own.sale,
        prior_minor: None,
        gtin,
        mpn,
        weight_g: own.weight_g,
        image: None,
        opening,
        low: own.low,
        max_per_order: own.max_per_order,
    }
}

/// `stock`: the opening count, and the two limits where they are given.
fn counted(table: &mut Table<'_>, low: &mut Option<u32>, most: &mut Option<u32>) -> u32 {
    *low = table.get("low").count(0, 1_000_000).or(*low);
    *most = table.get("max_per_order").count(1, 10_000).or(*most);
    table.get("opening").count(0, 10_000_000).unwrap_or_default()
}

/// `sale`: a lower price for a time.
fn sale(r: &Reading<'_>, table: &mut Table<'_>, regular: Option<i64>) -> Option<Sale> {
    let mut table = table.table("sale")?;
    let price = table.need("price", "price = \"10.99\"");
    let price = price.number(|text| values::money_above_zero("price", text, r.currency));
    let (from, until) = values::period(&mut table);
    if let (Some(sale), Some(regular)) = (price, regular)
        && sale >= regular
    {
        let message = "the sale price is not below the regular price";
        table.complain("price", Wrong::error("sale-not-lower", message).hint("lower it"));
    }
    table.finish();
    Some(Sale { price_minor: price?, from, until })
}

/// `options` of a variant: every axis once, with a value it lists.
fn choices(table: &mut Table<'_>, axes: &[OptionAxis]) -> Vec<(String, String)> {
    let Some(mut chosen) = table.table("options") else {
        if let Some(axis) = axes.first().filter(|_| !table.has("options")) {
            let message = "the variant does not say which options it has";
            let example = axis.values.first().map_or("…", String::as_str);
            table.complain_here(
                Wrong::error("variant-options", message)
                    .hint(format!("write options = {{ {} = \"{example}\" }}", axis.name)),
            );
        }
        return Vec::new();
    };
    let mut pairs = Vec::with_capacity(axes.len());
    for axis in axes {
        // The axis outlives this walk, but the walk knows keys only for as long as the file lives.
        let Some(key) = chosen.keys().find(|k| *k == axis.name) else {
            if chosen.keys().any(|k| k.eq_ignore_ascii_case(&axis.name)) {
                continue;
            }
            let message = format!("the variant does not name the option \"{}\"", axis.name);
            let example = axis.values.first().map_or("…", String::as_str);
            chosen.complain_here(
                Wrong::error("variant-options", message)
                    .hint(format!("add {} = \"{example}\"", axis.name)),
            );
            continue;
        };
        let listed = |text: &str| match axis.values.is_empty()
            || axis.values.iter().any(|v| v == text)
        {
            true => Ok(text.to_owned()),
            false => {
                let message = format!("\"{text}\" is not a value of the option \"{}\"", axis.name);
                let values: Vec<String> = axis.values.iter().map(|v| format!("\"{v}\"")).collect();
                Err(Wrong::error("option-value-unknown", message)
                    .hint(format!("use {}, or add it to values", values.join(", "))))
            }
        };
        if let Some(value) = chosen.get(key).read(200, listed) {
            pairs.push((axis.name.clone(), value));
        }
    }
    for key in chosen.keys() {
        if !axes.iter().any(|a| a.name == key) {
            let message = format!("the product has no option \"{key}\"");
            let wrong = Wrong::error("option-unknown", message);
            let wrong = match axes.iter().find(|a| a.name.eq_ignore_ascii_case(key)) {
                Some(axis) => wrong.hint(format!("did you mean `{}`?", axis.name)),
                None => wrong.hint("remove it, or add [[options]] with this name"),
            };
            chosen.complain_key(key, wrong);
        }
    }
    pairs
}
