//! Keeps the house: the order of the rooms, pure rules, one owner for each table, names, sizes.
//!
//! The rules are read from where they stand already: the order of the rooms from `src/lib.rs`, the
//! order inside `platform` from its first paragraph, the owner of each table from the headings of
//! `schema.sql`. Every exception stands here with its reason, and one that nothing needs any more
//! fails as well.

#[path = "tidy/planted.rs"]
mod planted;
#[path = "tidy/rules.rs"]
mod rules;
mod source;

use std::collections::BTreeSet;

use source::{Source, files, read, sources};

/// A file, what it may name there although the rule forbids it, and why.
type Exception = (&'static str, &'static str, &'static str);

const MAY_READ_OTHERS: &[Exception] = &[(
    "src/cart/store.rs",
    "`orders`",
    "a cart with an open order is not idle; asked in SQL, the limit counts only idle carts",
)];

const MAY_BE_IMPURE: &[Exception] = &[(
    "src/catalog/read.rs",
    "`std::thread`",
    "ten thousand files are parsed on all cores; the threads share nothing and are joined at once",
)];

const MAY_EXPECT: &[Exception] = &[
    (
        "src/base/randomness.rs",
        "`expect`",
        "without randomness no token is safe: the shop must stop",
    ),
    (
        "src/platform/secret.rs",
        "`expect`",
        "lengths of a digest that the library's types do not show",
    ),
];

const MAY_BE_LONG: &[Exception] = &[];

/// Files and folders of rules: values in, values out. Any other file joins them by saying "Pure."
/// in its first paragraph.
const PURE: &[&str] = &[
    "src/catalog/",
    "src/pricing/",
    "src/search/query.rs",
    "src/orders/state.rs",
    "src/cart/changes.rs",
    "src/base/signature.rs",
    "src/platform/jobs/backoff.rs",
    "src/storefront/plan.rs",
];

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const COLUMNS_MAX: usize = 100;

/// Fails with every place, and with every exception that nothing needs, and says what to do.
#[track_caller]
fn none(broken: impl IntoIterator<Item = String>, exceptions: &[Exception], what_to_do: &str) {
    let broken: Vec<String> = broken.into_iter().collect();
    let covers = |(path, what, _): &Exception, line: &str| {
        line.strip_prefix(path).is_some_and(|rest| rest.starts_with(':')) && line.contains(what)
    };
    let used = |exception| broken.iter().any(|line| covers(exception, line));
    let idle = exceptions.iter().filter(|e| !used(*e));
    let idle =
        idle.map(|(path, what, _)| format!("{path}: needs no exception for {what} any more"));
    let left = broken.iter().filter(|line| !exceptions.iter().any(|e| covers(e, line)));
    let left: Vec<String> = left.cloned().chain(idle).collect();
    assert!(left.is_empty(), "\n{}\n\n{} places. {what_to_do}\n", left.join("\n"), left.len());
}

fn everywhere(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    sources("src").iter().flat_map(rule).collect()
}

/// Tests keep the rules of form, too.
fn tests_as_well(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    ["src", "tests", "benches"]
        .iter()
        .flat_map(|folder| sources(folder))
        .flat_map(|s| rule(&s))
        .collect()
}

#[test]
fn every_folder_of_src_is_a_room_in_the_list_of_lib_rs() {
    let rooms = rules::rooms();
    assert!(rooms.len() > 2, "src/lib.rs lists the rooms as `pub mod name;`, one a line");
    let there: BTreeSet<String> = sources("src").iter().map(Source::room).collect();
    let strange = there.iter().filter(|room| !["", "main"].contains(&room.as_str()));
    let strange = strange.filter(|room| !rooms.contains(room));
    let places = strange.map(|room| format!("src/{room}:1: not in src/lib.rs"));
    none(places, &[], "Give the room its place in the order of src/lib.rs.");
}

#[test]
fn cargo_fmt_leaves_the_order_of_lib_rs_alone() {
    let kept = read("rustfmt.toml").lines().any(|line| line == "reorder_modules = false");
    assert!(kept, "rustfmt.toml: without `reorder_modules = false` it sorts the rooms by name");
    let first = rules::rooms().into_iter().next();
    assert_eq!(first.as_deref(), Some("base"), "src/lib.rs: the rooms begin with `base`");
}

#[test]
fn a_room_uses_only_rooms_before_it() {
    let rooms = rules::rooms();
    none(
        everywhere(|source| rules::against_the_order(source, &rooms)),
        &[],
        "A room may use only what stands above it in src/lib.rs: push what the earlier room needs \
         into it as an argument, or move the code to the later room.",
    );
}

#[test]
fn platform_keeps_its_own_order() {
    let order = rules::platform_order();
    assert!(order.len() > 5, "src/platform/mod.rs says `config → content → …` at its top");
    none(
        everywhere(|source| rules::against_the_platform(source, &order)),
        &[],
        "The order stands in the first paragraph of src/platform/mod.rs.",
    );
}

#[test]
fn rules_are_pure() {
    let is_pure = |source: &Source| {
        PURE.iter().any(|path| source.path.starts_with(path))
            || source.header().join(" ").contains("Pure.")
    };
    none(
        everywhere(|s| if is_pure(s) { rules::impure(s) } else { Vec::new() }),
        MAY_BE_IMPURE,
        "A rule takes values and returns values: hand time, rows and files in as arguments.",
    );
}

#[test]
fn a_table_is_written_by_its_owner_only() {
    let owners = rules::owners(&read("schema.sql"));
    let writes = everywhere(|source| {
        let foreign = rules::foreign(source, &owners).into_iter();
        foreign.filter(|(writes, ..)| *writes).map(|(_, place)| place).collect()
    });
    none(writes, &[], "Call a function of the owner with the same transaction.");
}

#[test]
fn a_table_is_read_by_its_owner_only() {
    let owners = rules::owners(&read("schema.sql"));
    let reads = everywhere(|source| {
        if source.room() == "reports" || source.path.ends_with("/audit.rs") {
            return Vec::new();
        }
        let foreign = rules::foreign(source, &owners).into_iter();
        foreign.filter(|(writes, ..)| !*writes).map(|(_, place)| place).collect()
    });
    none(reads, MAY_READ_OTHERS, "Ask the owner's functions; only reports and audits read all.");
}

#[test]
fn sql_stands_in_store_and_audit_files_only() {
    none(everywhere(rules::stray_sql), &[], "Move the statement into a function of store.rs.");
}

#[test]
fn names_say_what_things_are() {
    none(
        everywhere(rules::bad_names),
        &[],
        "Name it after what it holds or does in the shop, in a word a merchant would use.",
    );
}

#[test]
fn files_are_short() {
    let long = tests_as_well(|source| match source.text.lines().count() {
        ..=FILE_LINES_MAX => Vec::new(),
        lines => vec![format!("{}:{lines}: {lines} lines", source.path)],
    });
    none(long, &[], "Split it at 400 lines by what its halves are about.");
}

// S4.36: small and simple, by count.
#[test]
fn functions_fit_on_a_page() {
    none(
        tests_as_well(|source| rules::long_functions(source, FUNCTION_LINES_MAX)),
        &[],
        "Give the steps of a function over 70 lines names of their own.",
    );
}

#[test]
fn lines_are_at_most_a_hundred_columns_wide() {
    none(
        tests_as_well(|source| rules::long_lines(source, COLUMNS_MAX)),
        MAY_BE_LONG,
        "Run `cargo fmt`, and break long strings with a backslash at the end of the line.",
    );
}

#[test]
fn every_file_opens_with_a_paragraph() {
    let silent = everywhere(|source| match source.header().first() {
        Some(first) if !first.is_empty() => Vec::new(),
        _ => vec![format!("{}:1: no `//!` at the top", source.path)],
    });
    none(silent, &[], "Say in a sentence what the file is for.");
}

#[test]
fn a_room_names_its_tables() {
    let owners = rules::owners(&read("schema.sql"));
    let sources = sources("src");
    let doors = sources.iter().filter(|source| source.path.ends_with("/mod.rs"));
    let named: BTreeSet<(String, String)> = doors
        .flat_map(|door| rules::announced(door).into_iter().map(|table| (door.room(), table)))
        .collect();
    let owned: BTreeSet<(String, String)> = owners
        .into_iter()
        .map(|(table, room)| (room, table))
        .filter(|(room, _)| sources.iter().any(|source| source.room() == *room))
        .collect();
    let silent = owned.difference(&named);
    let silent = silent.map(|(room, table)| format!("src/{room}/mod.rs:1: `{table}` is missing"));
    let wrong = named.difference(&owned);
    let wrong = wrong.map(|(room, table)| format!("src/{room}/mod.rs:1: `{table}` is not its own"));
    none(
        silent.chain(wrong),
        &[],
        "The first paragraphs of mod.rs list in `**Tables:**` what schema.sql has under the room.",
    );
}

/// Only once the shop is whole: before `app` is there, pages wait for the room that shows them.
#[test]
fn every_template_is_used_and_every_used_one_is_there() {
    if !rules::rooms().iter().any(|room| room == "app") {
        return;
    }
    let surfaces = ["store/", "parts/", "simulator/", "mail/"];
    let there: Vec<String> =
        files("site").iter().map(|path| path.trim_start_matches("site/").to_owned()).collect();
    let templates = there.iter().filter(|path| surfaces.iter().any(|s| path.starts_with(s)));
    let named = rules::templates_named(&sources("src"), &there);
    let unused = templates.filter(|path| !rules::is_named(path, &named));
    let unused = unused.map(|path| format!("site/{path}:1: nothing uses it"));
    let shown = |name: &str| surfaces.iter().any(|surface| name.starts_with(surface));
    let missing = named.iter().filter(|(name, _)| {
        shown(name) && name.contains('.') && !name.contains('{') && !there.contains(name)
    });
    let missing = missing.map(|(name, place)| format!("{place}: site/{name} is not there"));
    none(unused.chain(missing), &[], "Delete the template, or name it where it is shown.");
}

#[test]
fn money_has_no_floats() {
    none(
        everywhere(rules::floats),
        &[],
        "Count in whole units: minor units, basis points, grams, milliseconds.",
    );
}

#[test]
fn code_that_ships_does_not_unwrap() {
    none(
        everywhere(rules::panics),
        MAY_EXPECT,
        "Return the failure; where it cannot happen, list the file here with the reason.",
    );
}

/// Rooms where a wrong line costs money or goods.
const MONEY_ROOMS: [&str; 6] = ["base/money", "pricing", "stock", "orders", "payments", "checkout"];

// S3.58: the gate of `make coverage` stands at 95 %, before every room where a line costs money.
#[test]
fn rooms_of_money_are_behind_the_gate() {
    let gate = std::fs::read_to_string(".ci/coverage").unwrap();
    let rooms = gate.lines().find(|line| line.starts_with("rooms = [")).unwrap();
    for room in MONEY_ROOMS {
        assert!(rooms.contains(&format!("\"src/{room}")), "{room} is not in {rooms}");
    }
    assert!(gate.contains("low |= share < 95") && gate.contains("sys.exit(low)"), "{gate}");
}
