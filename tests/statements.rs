//! Every SQL statement of the program, prepared against `schema.sql`, and its plan read.
//!
//! A statement is any string in a `store` or `audit` file that begins with its verb. Where one is
//! put together with `format!`, each `{name}` stands for every string that the file gives to
//! `name`: a constant, a `let`, or an argument at a call of the function around it.

mod source;

use std::collections::BTreeSet;

use rusqlite::Connection;
use source::{Literal, Source, read, sources, words};

/// Statements that may read a whole table: file, a piece of the statement, reason.
const MAY_SCAN: &[(&str, &str, &str)] = &[
    (
        "src/stock/store.rs",
        "FROM stock_item ORDER BY sku",
        "the whole stock list: as many rows as the shop has SKUs, read once for each edition",
    ),
    (
        "src/stock/store.rs",
        "FROM json_each(?1) asked",
        "the SKUs asked for, as a list; each is then found by its key",
    ),
    (
        "src/storefront/store.rs",
        "FROM json_each(?1) asked",
        "the SKUs asked for, as a list; the prices of each are then found by its key",
    ),
    (
        "src/platform/mail/store.rs",
        "FROM outbox ORDER BY id DESC LIMIT",
        "the newest rows by row id, with a limit",
    ),
    (
        "src/recommend/store.rs",
        "FROM copurchase WHERE score IS NOT NULL",
        "every list, along an index of what is suggested; read when a list has changed",
    ),
    (
        "src/platform/telemetry/store.rs",
        "count(*) FROM error_report WHERE resolved_at IS NULL",
        "counts along an index that holds only open errors; there are a thousand at most",
    ),
    (
        "src/storefront/store.rs",
        "FROM gone_page",
        "every address of goods that have gone: as few as were ever taken out, read at the start",
    ),
    (
        "src/admin/store.rs",
        "FROM alarm ORDER BY cause LIMIT",
        "a row for each kind of trouble that lasts: seven at most",
    ),
    (
        "src/orders/store_list.rs",
        "WHERE order_search MATCH",
        "the full-text index walks what has the words asked for, in the order of the list",
    ),
    (
        "src/stock/store.rs",
        "FROM hold WHERE state = 'active'",
        "counts along an index that holds only the active holds",
    ),
];

/// Statements that may sort what they have found, for no index gives their order: file, a piece of
/// the statement, reason. A list that grows with orders, carts or events has no place here.
const MAY_SORT: &[(&str, &str, &str)] = &[];

/// Statements put together from pieces that cannot be found.
const UNREAD_MAX: usize = 3;
/// Ways to put one statement together.
const VARIANTS_MAX: usize = 64;

struct Statement {
    place: String,
    path: String,
    sql: String,
}

fn fresh() -> Connection {
    let database = Connection::open_in_memory().expect("a database in memory");
    database.execute_batch(&read("schema.sql")).expect("schema.sql makes a database");
    database
}

fn holds_sql(source: &Source) -> bool {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    name.starts_with("store") || name == "audit.rs"
}

/// Every statement of a file, and the places of those that could not be put together.
fn statements(source: &Source) -> (Vec<Statement>, Vec<String>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for literal in &source.literals {
        let verb = literal.value.split_whitespace().next().unwrap_or_default();
        if !["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE"].contains(&verb) {
            continue;
        }
        let place = source.place(literal.at);
        let variants = if is_formatted(source, literal) {
            put_together(source, literal)
        } else {
            vec![literal.value.clone()]
        };
        if variants.is_empty() {
            unread.push(place.clone());
        }
        let path = &source.path;
        let whole = variants.into_iter();
        found.extend(whole.map(|sql| Statement { place: place.clone(), path: path.clone(), sql }));
    }
    (found, unread)
}

fn is_formatted(source: &Source, literal: &Literal) -> bool {
    source.code[..literal.at].trim_end().ends_with("format!(")
}

/// Every way to fill the `{name}`s of a statement; nothing when one of them is unknown.
fn put_together(source: &Source, literal: &Literal) -> Vec<String> {
    let mut variants = vec![literal.value.clone()];
    while let Some((_, rest)) = variants[0].split_once('{') {
        let name = rest.split('}').next().unwrap_or_default().to_owned();
        let plain = !name.is_empty() && !name.contains(|c: char| !c.is_alphanumeric() && c != '_');
        let values = if plain { values_of(source, &name, literal.at) } else { BTreeSet::new() };
        let endless = values.iter().any(|value| value.contains('{'));
        if values.is_empty() || endless || variants.len() * values.len() > VARIANTS_MAX {
            return Vec::new();
        }
        let filled = |sql: &String, value: &String| sql.replace(&format!("{{{name}}}"), value);
        variants = variants.iter().flat_map(|s| values.iter().map(|v| filled(s, v))).collect();
    }
    variants
}

/// The strings that a name may stand for at `at`.
fn values_of(source: &Source, name: &str, at: usize) -> BTreeSet<String> {
    let code = &source.shipped;
    let words = words(code);
    let mut spans = Vec::new();
    let mut is_constant = false;
    for pair in words.windows(2).filter(|pair| pair[1].1 == name) {
        if pair[0].1 == "const" || pair[0].1 == "let" {
            is_constant |= pair[0].1 == "const";
            spans.push((pair[0].0, end_of_expression(code, pair[0].0)));
        }
    }
    let around = source.functions().into_iter().rfind(|(_, start, _)| *start < at);
    if let (false, Some((function, ..))) = (is_constant, around) {
        let calls = words.iter().filter(|(_, word)| *word == function).map(|(call, _)| *call);
        let calls = calls.filter(|call| {
            let before = code[..*call].trim_end();
            !before.ends_with("fn") && !before.ends_with(['.', ':'])
        });
        let inside = calls.map(|call| call + function.len() + 1);
        spans.extend(inside.map(|open| (open, end_of_expression(code, open))));
    }
    let given =
        source.literals.iter().filter(|l| spans.iter().any(|(a, b)| (a..b).contains(&&l.at)));
    given.map(|literal| literal.value.clone()).collect()
}

/// The semicolon after an expression, or the bracket that closes around it.
fn end_of_expression(code: &str, from: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' | b';' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// How SQLite would go about it, step by step.
fn plan(database: &Connection, sql: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    plan.raw_query().mapped(|row| row.get(3)).collect()
}

/// Steps of a plan that read a whole table or build an index on the spot.
fn whole_reads(database: &Connection, sql: &str) -> Result<Vec<String>, rusqlite::Error> {
    let limited = sql.contains("LIMIT");
    let mut steps = Vec::new();
    for step in plan(database, sql)? {
        // A row of constants and a subquery read into memory are no tables; a walk along an
        // index ends at the limit.
        let whole = step.strip_prefix("SCAN ").is_some_and(|rest| {
            let ends = limited && rest.contains("USING");
            !ends && !rest.starts_with('(') && !rest.starts_with("CONSTANT")
        });
        if whole || step.contains("AUTOMATIC") {
            steps.push(step);
        }
    }
    Ok(steps)
}

fn every_statement() -> (Vec<Statement>, Vec<String>) {
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    for source in sources("src").iter().filter(|source| holds_sql(source)) {
        let (found, not) = statements(source);
        all.extend(found);
        unread.extend(not);
    }
    (all, unread)
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_statement_fits_the_schema() {
    let database = fresh();
    let (statements, unread) = every_statement();
    println!("{} statements; not put together: {unread:?}", statements.len());
    let wrong = statements.iter().filter_map(|s| Some((s, database.prepare(&s.sql).err()?)));
    let wrong: Vec<_> =
        wrong.map(|(s, why)| format!("{}: {why}\n    {}", s.place, one_line(&s.sql))).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(statements.len() > 40, "only {} statements were found", statements.len());
    let (count, places) = (unread.len(), unread.join("\n"));
    assert!(count <= UNREAD_MAX, "{count} statements hide in pieces; write them whole:\n{places}");
}

/// Steps of a plan that sort or group rows that no index gives in that order, and that may be many.
fn sorts(database: &Connection, sql: &str) -> Result<Vec<String>, rusqlite::Error> {
    let steps = plan(database, sql)?;
    // The rows of one cart, order or payment are a handful.
    let few = |step: &String| NAMES.iter().any(|name| step.contains(&format!("({name}=?")));
    if steps.iter().any(few) {
        return Ok(Vec::new());
    }
    Ok(steps.into_iter().filter(|step| step.contains("TEMP B-TREE")).collect())
}

/// A reading of a statement's plan: the steps that are not wanted.
type Reading = fn(&Connection, &str) -> Result<Vec<String>, rusqlite::Error>;

/// Statements with unwanted steps that are not listed, and what is listed without need.
fn unlisted(reading: Reading, listed: &[(&str, &str, &str)]) -> Vec<String> {
    let database = fresh();
    let (mut wrong, mut needed) = (Vec::new(), BTreeSet::new());
    for s in every_statement().0.iter().filter(|s| !s.path.ends_with("audit.rs")) {
        // What does not prepare is the other test's news.
        let steps = reading(&database, &s.sql).unwrap_or_default();
        let sql = one_line(&s.sql);
        let allowed =
            listed.iter().position(|(path, piece, _)| s.path == *path && sql.contains(piece));
        match (steps.is_empty(), allowed) {
            (true, _) => {}
            (false, Some(exception)) => drop(needed.insert(exception)),
            (false, None) => wrong.push(format!("{}: {}\n    {sql}", s.place, steps.join("; "))),
        }
    }
    let idle = listed.iter().enumerate().filter(|(at, _)| !needed.contains(at));
    wrong.extend(idle.map(|(_, (path, piece, _))| format!("{path}: no need to list {piece:?}")));
    wrong
}

// S0.5, S3.2: lists are narrowed by index.
#[test]
fn no_statement_of_a_store_reads_a_whole_table() {
    let scans = unlisted(whole_reads, MAY_SCAN);
    assert!(
        scans.is_empty(),
        "\n{}\n\nGive schema.sql an index for it, or list it in MAY_SCAN with the reason.\n",
        scans.join("\n")
    );
}

// S0.5, S3.2: … and sorted by index, so that the newest fifty cost the same among a million.
#[test]
fn no_statement_of_a_store_sorts_what_it_has_found() {
    let sorted = unlisted(sorts, MAY_SORT);
    assert!(
        sorted.is_empty(),
        "\n{}\n\nGive schema.sql an index for it, or list it in MAY_SORT with the reason.\n",
        sorted.join("\n")
    );
}

/// Columns that name one thing: a statement that asks for one must go by it, whatever order it
/// wants and whatever else it asks. Another index gives the order for nothing, and walks through
/// everybody's rows for it.
const NAMES: [&str; 6] =
    ["cart_id", "order_id", "payment_id", "session_id", "email_folded", "token_hash"];

// S3.2: what belongs to one cart, order or buyer costs the same among a million others.
#[test]
fn what_is_asked_for_by_name_is_found_by_it() {
    let database = fresh();
    let mut wrong = Vec::new();
    for s in every_statement().0 {
        let sql = one_line(&s.sql);
        let asked = NAMES.iter().filter(|name| {
            ["WHERE", "AND"].iter().any(|word| sql.contains(&format!("{word} {name} = ?")))
        });
        let steps = plan(&database, &s.sql).unwrap_or_default().join("; ");
        // A number names one order more closely still.
        let is_named =
            |name: &str| steps.contains(&format!("{name}=?")) || steps.contains("(number=?)");
        for name in asked.filter(|name| !is_named(name)) {
            wrong.push(format!("{}: {name}: {steps}\n    {sql}", s.place));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_table_is_strict() {
    let database = fresh();
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
               AND NOT strict AND name NOT LIKE 'sqlite_%'";
    let mut statement = database.prepare(sql).unwrap();
    let loose: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(loose.is_empty(), "schema.sql: write STRICT behind {loose:?}");
}

#[test]
fn ledger_and_timeline_are_append_only() {
    let database = fresh();
    database
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO stock_move (sku, delta, on_hand_after, reason, actor, at)
             VALUES ('A', 1, 1, 'opening', 'test', 0);
             INSERT INTO order_event (order_id, at, actor, kind)
             VALUES ('o', 0, 'test', 'placed');",
        )
        .unwrap();
    for table in ["stock_move", "order_event"] {
        for change in [format!("UPDATE {table} SET at = 1"), format!("DELETE FROM {table}")] {
            let refused = database.execute_batch(&change).expect_err(&change).to_string();
            assert!(refused.contains("append-only"), "{change}: {refused}");
        }
    }
}

#[test]
fn two_fresh_databases_have_one_shape() {
    let shape = |database: &Connection| -> Vec<(String, String, Option<String>)> {
        let sql = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";
        let mut statement = database.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    let first = shape(&fresh());
    assert!(first.len() > 20, "schema.sql makes {} things", first.len());
    assert_eq!(first, shape(&fresh()));
}

#[test]
fn planted_mistakes_are_found() {
    let text = r#"
        const COLUMNS: &str = "sku, on_hand";
        fn find(read: &Read, condition: &str) {
            let sql = format!("SELECT {COLUMNS} FROM stock_item WHERE {condition}");
        }
        fn by_sku(read: &Read) { find(read, "sku = ?1") }
        fn by_mark(read: &Read) { let condition = "low = ?1"; find(read, condition) }
        fn hidden(what: &str) { let sql = format!("SELECT {what} FROM stock_item"); }
        #[cfg(test)]
        mod tests { const A: &str = "SELECT 1 FROM nothing"; }
    "#;
    let (found, unread) = statements(&Source::new("src/stock/store.rs", text));
    let sql: Vec<&str> = found.iter().map(|s| s.sql.as_str()).collect();
    let whole = "SELECT sku, on_hand FROM stock_item WHERE";
    assert_eq!(sql, [format!("{whole} low = ?1"), format!("{whole} sku = ?1")]);
    assert_eq!(unread, ["src/stock/store.rs:8"]);
    let database = fresh();
    assert_eq!(whole_reads(&database, sql[0]).unwrap(), ["SCAN stock_item"]);
    let walk = "SELECT sku FROM stock_item ORDER BY sku";
    assert_eq!(whole_reads(&database, walk).unwrap().len(), 1);
    assert!(whole_reads(&database, &format!("{walk} LIMIT 5")).unwrap().is_empty());
    assert!(whole_reads(&database, sql[1]).unwrap().is_empty());
    assert!(whole_reads(&database, "SELECT shelf FROM stock_item").is_err());
    assert!(sorts(&database, walk).unwrap().is_empty());
    let sorted = sorts(&database, "SELECT sku FROM stock_item ORDER BY low LIMIT 5").unwrap();
    assert_eq!(sorted, ["USE TEMP B-TREE FOR ORDER BY"]);
    assert_eq!(sorts(&database, "SELECT DISTINCT low FROM stock_item").unwrap().len(), 1);
}
