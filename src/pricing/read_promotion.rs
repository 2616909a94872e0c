//! `promotions/<id>.toml`.

use super::model::{Conditions, Effect, Promotion, Stage};
use crate::base::Currency;
use crate::base::slug::is_slug;
use crate::catalog::{Status, values};
use crate::platform::content::{Complaints, Place, Source, Table, Tree, Wrong};

/// The words of `[effect] type`.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    ItemsPercent,
    OrderPercent,
    OrderAmount,
    FreeShipping,
}

const KINDS: &[(&str, Kind)] = &[
    ("percent_off_items", Kind::ItemsPercent),
    ("percent_off_order", Kind::OrderPercent),
    ("amount_off_order", Kind::OrderAmount),
    ("free_shipping", Kind::FreeShipping),
];

const STAGES: &[(&str, Stage)] = &[
    ("item", Stage::Item),
    ("order", Stage::Order),
    ("customer", Stage::Customer),
    ("shipping", Stage::Shipping),
];

/// Reads all promotions.
pub(super) fn all(tree: &Tree, complaints: &Complaints, currency: Currency) -> Vec<Promotion> {
    let files = tree.texts("promotions/", "toml");
    let readable = files.filter_map(|(id, path, text)| Some((id, path, text?)));
    let each = |(id, path, text)| one(complaints, currency, id, path, text);
    readable.filter_map(each).collect()
}

fn one(
    complaints: &Complaints,
    currency: Currency,
    id: &str,
    path: &str,
    text: &str,
) -> Option<Promotion> {
    if !is_slug(id) {
        let wrong = Wrong::error("slug-form", format!("the file name \"{id}\" cannot be a name"));
        let hint = format!("rename the file to {}.toml", values::slug_from(id));
        complaints.add(Place::start(path), wrong.hint(hint));
    }
    let source = Source::new(path, text, complaints);
    let document = source.document();
    let mut top = document.table(complaints);
    let title = top.need("title", "title = \"10% off your first order\"").text(100);
    let codes = codes(&mut top);
    let stage = top.need("stage", "stage = \"order\"").one_of(STAGES);
    let status = top.get("status").one_of(values::STATUS).unwrap_or(Status::Live);
    let (from, until) = values::period(&mut top);
    let exclusive_with = top.get("exclusive_with").list(100, values::slug);
    let when = top.table("when").map(|t| conditions(t, currency)).unwrap_or_default();
    let effect = top.need("effect", "[effect] with its type").table();
    let effect = effect.and_then(|t| effect_of(t, currency, stage, &top));
    let (limit_total, limit_per_customer) = top.table("limits").map(limits).unwrap_or_default();
    top.finish();
    Some(Promotion {
        id: id.to_owned(),
        title: title.unwrap_or_default().to_owned(),
        codes,
        stage: stage?,
        live: status == Status::Live,
        from,
        until,
        exclusive_with,
        when,
        effect: effect?,
        limit_total,
        limit_per_customer,
    })
}

/// `trigger` and `codes`, which must agree.
fn codes(top: &mut Table<'_>) -> Vec<String> {
    let words = [("automatic", false), ("code", true)];
    let by_code = top.need("trigger", "trigger = \"automatic\"").one_of(&words);
    let codes = top.get("codes").list(1_000, code);
    match by_code {
        Some(true) if !top.has("codes") => {
            let wrong = Wrong::error("codes-missing", "there is no code that switches it on");
            top.complain("trigger", wrong.hint("write codes = [\"WASH10\"]"));
        }
        Some(true) if top.is_empty_list("codes") => {
            let wrong = Wrong::error("codes-missing", "the list of codes is empty");
            top.complain("codes", wrong.hint("write codes = [\"WASH10\"]"));
        }
        Some(false) if top.has("codes") => {
            let wrong = Wrong::error("codes-unused", "an automatic promotion has no codes");
            top.complain_key("codes", wrong.hint("write trigger = \"code\", or remove the codes"));
        }
        _ => {}
    }
    codes
}

fn code(text: &str) -> Result<String, Wrong> {
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    if (3..=32).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    let wrong = Wrong::error("code-form", format!("\"{text}\" cannot be a code"));
    let upper: String = text.to_uppercase().chars().filter(|c| !c.is_whitespace()).collect();
    Err(match (3..=32).contains(&upper.len()) && upper.bytes().all(plain) {
        true => wrong.hint(format!("write \"{upper}\"; buyers may type it in any case")),
        false => wrong.hint("use 3 to 32 capital letters, digits and `-`"),
    })
}

fn conditions(mut table: Table<'_>, currency: Currency) -> Conditions {
    let from = table.get("subtotal_from");
    let conditions = Conditions {
        signed_in: table.get("signed_in").flag().unwrap_or(false),
        first_order: table.get("first_order").flag().unwrap_or(false),
        category: table.get("category").list(200, values::shelf_path),
        tag: table.get("tag").list(200, values::slug),
        sku: table.get("sku").list(1_000, values::sku),
        subtotal_from_minor: from
            .number(|text| values::money_above_zero("subtotal_from", text, currency)),
        quantity_from: table.get("quantity_from").count(1, 10_000),
    };
    for key in ["category", "tag", "sku"] {
        if table.is_empty_list(key) {
            let wrong = Wrong::error("list-empty", format!("`{key}` is empty"));
            table
                .complain(key, wrong.hint("name something, or remove the line to mean everything"));
        }
    }
    table.finish();
    conditions
}

fn effect_of(
    mut table: Table<'_>,
    currency: Currency,
    stage: Option<Stage>,
    top: &Table<'_>,
) -> Option<Effect> {
    let kind = table.need("type", "type = \"percent_off_order\"").one_of(KINDS);
    let amount = |field: crate::platform::content::Field<'_>, key: &str| {
        field.number(|text| values::money_above_zero(key, text, currency))
    };
    let percents = matches!(kind, Some(Kind::ItemsPercent | Kind::OrderPercent));
    let effect = match kind {
        Some(Kind::ItemsPercent | Kind::OrderPercent) => {
            let percent = table.need("percent", "percent = \"10\"").number(percent);
            let max_minor = amount(table.get("max"), "max");
            percent.map(|percent_bp| match kind {
                Some(Kind::ItemsPercent) => Effect::PercentOffItems { percent_bp, max_minor },
                _ => Effect::PercentOffOrder { percent_bp, max_minor },
            })
        }
        Some(Kind::OrderAmount) => amount(table.need("amount", "amount = \"5.00\""), "amount")
            .map(|amount_minor| Effect::AmountOffOrder { amount_minor }),
        Some(Kind::FreeShipping) => Some(Effect::FreeShipping),
        None => {
            // Without a type nobody knows which keys belong here; none of them is wrong yet.
            for key in ["percent", "max", "amount"] {
                let _ = table.get(key);
            }
            None
        }
    };
    if kind.is_some() && !percents && table.has("percent") {
        let _ = table.get("percent");
        let wrong = Wrong::error("effect-key", "`percent` belongs to a percentage off");
        table.complain_key(
            "percent",
            wrong.hint("write type = \"percent_off_order\", or remove it"),
        );
    }
    table.finish();
    if let (Some(kind), Some(stage)) = (kind, stage) {
        stage_fits(top, kind, stage);
    }
    effect
}

fn percent(text: &str) -> Result<u32, Wrong> {
    let bp = values::percent_bp("percent", text)?;
    if (1..=10_000).contains(&bp) {
        return Ok(bp);
    }
    Err(Wrong::error("percent-range", "percent must be above 0 and at most 100")
        .hint("write percent = \"10\""))
}

/// Each effect works at some stages only; at another it would be applied to the wrong sum.
fn stage_fits(top: &Table<'_>, kind: Kind, stage: Stage) {
    let (fits, wanted) = match kind {
        Kind::ItemsPercent => (stage == Stage::Item, "\"item\""),
        Kind::FreeShipping => (stage == Stage::Shipping, "\"shipping\""),
        Kind::OrderPercent | Kind::OrderAmount => {
            (matches!(stage, Stage::Order | Stage::Customer), "\"order\" or \"customer\"")
        }
    };
    if !fits {
        let word = KINDS.iter().find(|(_, k)| *k == kind).map_or("", |(word, _)| word);
        let message = format!("the effect {word} does not work at this stage");
        let wrong = Wrong::error("stage-effect", message);
        top.complain("stage", wrong.hint(format!("write stage = {wanted}")));
    }
}

fn limits(mut table: Table<'_>) -> (Option<u32>, Option<u32>) {
    let total = table.get("total").count(1, 100_000_000);
    let each = table.get("per_customer").count(1, 1_000_000);
    if let (Some(all), Some(one)) = (total, each)
        && one > all
    {
        let message = "one customer could use it more often than all together";
        let wrong = Wrong::warning("limit-unreachable", message);
        table.complain("per_customer", wrong.hint("lower per_customer, or raise total"));
    }
    table.finish();
    (total, each)
}
