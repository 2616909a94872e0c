//! Planted mistakes: every rule must be able to fail, and must not fail over prose or tests.

use crate::rules;
use crate::source::Source;

const SCHEMA: &str = "
-- ── room: stock ──
CREATE TABLE hold (
-- ── room: orders ──
CREATE TABLE orders (
CREATE VIRTUAL TABLE words USING fts5 (
";

fn rooms() -> Vec<String> {
    ["base", "platform", "stock", "orders", "cart"].map(str::to_owned).to_vec()
}

fn lines(found: &[String]) -> Vec<&str> {
    found.iter().map(|place| place.split(':').nth(1).unwrap_or_default()).collect()
}

#[test]
fn an_import_against_the_order_is_found_however_it_is_written() {
    let text = "use crate::orders::place;\nuse crate::base::Fault;\nuse crate::{\n    base, \
                cart::{self, add as put},\n};\nfn f() { super::super::orders::ship() }\n\
                // crate::cart";
    let found = rules::against_the_order(&Source::new("src/stock/flow.rs", text), &rooms());
    assert_eq!(lines(&found), ["1", "4", "6"], "{found:?}");
    let later = rules::against_the_order(&Source::new("src/cart/flow.rs", text), &rooms());
    assert!(later.is_empty(), "{later:?}");
}

#[test]
fn machinery_against_its_own_order_is_found() {
    let order = ["config", "db", "jobs", "web", "mail"].map(str::to_owned);
    let check = |path: &str, text: &str| {
        rules::against_the_platform(&Source::new(path, text), &order).len()
    };
    assert_eq!(check("src/platform/db/open.rs", "use crate::platform::mail::Letter;"), 1);
    assert_eq!(check("src/platform/db/open.rs", "use super::super::web::Error;"), 1);
    assert_eq!(check("src/platform/db/mod.rs", "use super::{config::Settings, jobs::Bell};"), 1);
    assert_eq!(check("src/platform/mail/jobs.rs", "use crate::platform::{Kit, db::Tx, mail};"), 0);
    assert_eq!(check("src/platform/misplaced.rs", ""), 1);
    assert_eq!(check("src/platform/secret.rs", ""), 0);
}

#[test]
fn a_rule_that_asks_the_world_is_found() {
    let impure = |text: &str| rules::impure(&Source::new("src/pricing/tax.rs", text)).len();
    assert_eq!(impure("fn f(clock: &Clock) {}\nasync fn g() { rusqlite::params![] }"), 3);
    assert_eq!(impure("use std::{fmt, fs::File};\nuse crate::platform::db::Read;"), 2);
    assert_eq!(impure("// tokio\nconst S: &str = \"poem\";\nuse std::collections::BTreeMap;"), 0);
    assert_eq!(impure("#[cfg(test)]\nmod tests {\n    use tokio::time;\n}"), 0);
}

#[test]
fn a_table_of_another_room_is_found() {
    let owners = rules::owners(SCHEMA);
    assert_eq!(owners["words"], "orders");
    let foreign = |sql: &str| {
        let text = format!("const A: &str =\n    \"{sql}\";");
        let found = rules::foreign(&Source::new("src/stock/store.rs", &text), &owners);
        found.into_iter().map(|(writes, _)| writes).collect::<Vec<_>>()
    };
    assert_eq!(foreign("UPDATE orders SET a = 1"), [true]);
    assert_eq!(foreign("INSERT INTO orders (a) SELECT 1 FROM hold"), [true]);
    assert_eq!(foreign("DELETE FROM words WHERE rowid = 1"), [true]);
    assert_eq!(foreign("SELECT 1 FROM hold h JOIN orders o ON o.id = h.order_id"), [false]);
    assert_eq!(foreign("INSERT INTO hold (a) VALUES (1) ON CONFLICT DO UPDATE SET a = 2"), []);
}

#[test]
fn sql_outside_the_store_is_found() {
    let text = "fn f(tx: &Tx) {\n    tx.execute(\"DROP\", []);\n    let a = \"SELECT 1\";\n    \
                tx.prepare_cached(sql);\n    job.execute(work);\n    \"INSERT the key\"\n}";
    let stray = |path: &str| rules::stray_sql(&Source::new(path, text));
    assert_eq!(lines(&stray("src/stock/flow.rs")), ["2", "4", "3"]);
    assert!(stray("src/stock/store.rs").is_empty());
    assert!(stray("src/search/store_words.rs").is_empty());
    assert!(stray("src/platform/db/writer.rs").is_empty());
}

#[test]
fn empty_names_are_found() {
    let bad = |path: &str, text: &str| rules::bad_names(&Source::new(path, text)).len();
    assert_eq!(bad("src/stock/utils.rs", "pub struct CartManager;\nenum OrderService {}"), 3);
    assert_eq!(bad("src/stock/model.rs", "mod helpers {}\nstruct Level;"), 1);
}

#[test]
fn long_functions_are_measured_by_their_braces() {
    let body = "    let a = \"}\"; // }\n    let b = '}';\n".repeat(2);
    let text =
        format!("trait T {{ fn none(&self); }}\nfn long(a: [u8; 2]) {{\n{body}}}\nfn b() {{}}\n");
    let source = Source::new("src/stock/flow.rs", &text);
    assert_eq!(rules::long_functions(&source, 6), Vec::<String>::new());
    assert_eq!(rules::long_functions(&source, 5), ["src/stock/flow.rs:2: `long` has 6"]);
}

#[test]
fn floats_wide_lines_and_unwraps_are_found() {
    let text = "fn f(a: f64) {\n    a.unwrap();\n    \
                a.unwrap_or(0);\n    // .expect( f32 \u{2014}\n\
                }\n\
                #[cfg(test)]\nmod tests {\n    fn g() { b().expect(\"it\") }\n}";
    let source = Source::new("src/pricing/tax.rs", text);
    assert_eq!(lines(&rules::floats(&source)), ["1"]);
    assert_eq!(lines(&rules::panics(&source)), ["2"]);
    assert_eq!(lines(&rules::long_lines(&source, 19)), ["4", "8"]);
}

#[test]
fn tables_in_a_first_paragraph_are_read() {
    let text =
        "//! How many.\n//!\n//! Keeps `x`. **Tables:** `hold`,\n//! `level`.\n//!\n//! See `y`.";
    assert_eq!(rules::announced(&Source::new("src/stock/mod.rs", text)), ["hold", "level"]);
}

#[test]
fn a_letter_is_named_by_its_folder() {
    let named =
        ["order_shipped", "body.txt", "store/home.html"].map(|n| (n.to_owned(), String::new()));
    assert!(rules::is_named("mail/order_shipped/body.txt", &named));
    assert!(!rules::is_named("mail/order_shipped/body.html", &named));
    assert!(!rules::is_named("mail/order_paid/body.txt", &named));
    assert!(rules::is_named("store/home.html", &named));
    assert!(!rules::is_named("store/cart.html", &named));
    let gap = [("simulator/{page}.html".to_owned(), String::new())];
    assert!(rules::is_named("simulator/pay.html", &gap));
    assert!(!rules::is_named("store/pay.html", &gap));
}

#[test]
fn strings_and_comments_are_told_from_code() {
    let text =
        r##"let a = r#"x " fn "#; /* fn /* fn */ */ let b = b"\" fn"; let c: &'a str = 'f';"##;
    let source = Source::new("src/base/a.rs", text);
    assert!(!source.code.contains("fn"), "{}", source.code);
    assert_eq!(source.code.len(), text.len());
    let values: Vec<&str> = source.literals.iter().map(|l| l.value.as_str()).collect();
    assert_eq!(values, ["x \" fn ", "\" fn"]);
    let wrapped = Source::new("src/base/a.rs", "let a = \"one \\\n      two\\n\";");
    assert_eq!(wrapped.literals[0].value, "one two\n");
}
