//! The documents are true: links lead somewhere, and what the code counts is what they say.

use std::fs;
use std::path::{Path, PathBuf};

use kiosk::orders::state::{FulfilmentStatus, PaymentStatus};
use kiosk::payments::{PaymentState, RefundState};
use kiosk::platform::config::KEYS;
use kiosk::platform::db::SCHEMA;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "seed/pictures/README.md",
    ]
    .iter()
    .map(|name| root().join(name))
    .collect();
    for folder in ["docs", "docs/adr"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found
}

// S4.25, S4.26, S4.27: the documents hang together.
#[test]
fn every_link_between_documents_leads_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for piece in text.split("](").skip(1) {
            let target = piece.split(')').next().unwrap();
            if target.starts_with("http") || target.starts_with('#') || target.contains(' ') {
                continue;
            }
            let file = target.split('#').next().unwrap();
            let path = document.parent().unwrap().join(file);
            assert!(path.exists(), "{}: {target} leads nowhere", document.display());
        }
    }
}

// S3.62: every setting is documented for operators.
#[test]
fn every_setting_is_documented() {
    let operating = read("docs/operating.md");
    for (key, _, _) in KEYS {
        assert!(operating.contains(&format!("`{key}`")), "docs/operating.md lacks `{key}`");
    }
    assert!(operating.contains("[Service]"), "a systemd unit is shown");
}

// S3.8, S3.1: the diagram shows every table with every column.
#[test]
fn the_diagram_matches_the_schema() {
    let diagram = read("docs/schema.md");
    let db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch(SCHEMA).unwrap();
    let sql = "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
               WHERE m.type = 'table' AND m.sql LIKE '%STRICT%'";
    let mut statement = db.prepare(sql).unwrap();
    let columns =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    for column in columns.unwrap() {
        let (table, name) = column.unwrap();
        assert!(diagram.contains(&name), "docs/schema.md lacks {table}.{name}");
    }
}

// S1.46: the program that `make release` builds knows its commit.
#[test]
fn a_release_is_built_with_its_commit() {
    let makefile = read("Makefile");
    let (_, recipe) = makefile.split_once("\nrelease:").unwrap();
    let (recipe, _) = recipe.split_once("\n\n").unwrap();
    assert!(recipe.contains("KIOSK_COMMIT=$$(git rev-parse --short HEAD"), "{recipe}");
    assert!(read("src/platform/telemetry/version.rs").contains("option_env!(\"KIOSK_COMMIT\")"));
}

// S1.6, S2.20, S4.26, S4.27, S4.28, S4.47: the payments document answers what a merchant asks.
#[test]
fn payments_are_explained() {
    let payments = read("docs/payments.md").to_lowercase();
    for said in ["retr", "200", "400", "hosted", "paymentintent", "double", "simulator", "pending"]
    {
        assert!(payments.contains(said), "docs/payments.md does not speak of {said:?}");
    }
}

/// A state machine as a picture: every state with what may follow.
fn picture(name: &str, begins: &str, moves: &[(&str, Vec<&str>)]) -> String {
    let mut lines =
        vec![format!("    state \"{name}\" as {name} {{"), format!("        [*] --> {begins}")];
    for (from, next) in moves {
        lines.extend(next.iter().map(|to| format!("        {from} --> {to}")));
    }
    format!("```mermaid\nstateDiagram-v2\n{}\n    }}\n```\n", lines.join("\n"))
}

// S3.42, S4.26: the pictures of states are those of the transition tables.
#[test]
fn states_are_drawn_from_their_tables() {
    macro_rules! moves {
        ($states:expr) => {
            $states
                .map(|from| (from.word(), from.next().iter().map(|to| to.word()).collect()))
                .to_vec()
        };
    }
    let pictures = [
        picture("order_payment_status", "pending", &moves!(PaymentStatus::ALL)),
        picture("order_fulfilment_status", "unfulfilled", &moves!(FulfilmentStatus::ALL)),
        picture("payment_state", "wanted", &moves!(PaymentState::ALL)),
        picture("refund_state", "wanted", &moves!(RefundState::ALL)),
    ];
    let drawn = pictures.join("\n");
    let document = read("docs/payments.md");
    let (_, rest) = document.split_once("<!-- states -->\n").unwrap();
    let (shown, _) = rest.split_once("<!-- end of states -->").unwrap();
    assert_eq!(shown.trim(), drawn.trim(), "put this between the marks:\n{drawn}");
}

// S2.42, S4.25: cart storage and assumptions are written down.
#[test]
fn carts_and_assumptions_are_written_down() {
    let cart = read("docs/cart.md");
    assert!(cart.contains("30 days") && cart.contains("cart_event"));
    assert!(read("README.md").contains("## Assumptions"));
}

// S1.18, S2.28, S4.24: seeds are readable files.
#[test]
fn seeds_are_readable_files() {
    let minimal: Vec<String> = fs::read_dir(root().join("seed/minimal/content/products"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(minimal.len(), 3);
    for price in ["999.99", "29.99", "79.99"] {
        assert!(minimal.iter().any(|text| text.contains(price)), "{price}");
    }
    assert!(read("seed/demo/orders.toml").contains("[[order]]"));
}
