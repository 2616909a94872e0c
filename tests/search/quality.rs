//! Two hundred queries and what people mean by them.

use std::collections::BTreeMap;

use kiosk::search::{Query, Typed, find};
use serde::Deserialize;

use super::house::{TestShop, repository};

/// Of a hundred queries, so many must show what was meant among the first [`SHOWN`].
const RIGHT_PERCENT: usize = 95;
const SHOWN: usize = 3;

#[derive(Deserialize)]
#[serde(untagged)]
enum Meant {
    One(String),
    Any(Vec<String>),
}

impl Meant {
    fn contains(&self, slug: &str) -> bool {
        match self {
            Self::One(one) => one == slug,
            Self::Any(any) => any.iter().any(|one| one == slug),
        }
    }
}

// S3.18 S1.15: mistakes, plurals, parts of SKUs, accents, several words, shelves and options.
#[test]
fn people_find_what_they_mean() {
    let path = repository("tests/fixtures/search_quality.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let kinds: BTreeMap<String, BTreeMap<String, Meant>> = toml::from_str(&text).unwrap();
    let shop = TestShop::demo();
    let index = shop.app.shelf.searching.now();
    let (mut asked, mut wrong) = (0, Vec::new());
    for (kind, queries) in &kinds {
        for (q, meant) in queries {
            let query = Typed::default().with("q", q).query(&index.book().catalog).unwrap();
            let query = Query { page: 1, ..query };
            let found = shop
                .kit
                .db
                .read_blocking(|read| find(read, &index, &query, shop.kit.now()))
                .unwrap_or_else(|_| panic!("{q}"));
            let first: Vec<&str> =
                found.cards.iter().take(SHOWN).map(|card| card.slug.as_str()).collect();
            asked += 1;
            if !first.iter().any(|slug| meant.contains(slug)) {
                wrong.push(format!("{kind}: {q:?} shows {first:?} ({:?})", found.repaired));
            }
        }
    }
    println!("{} of {asked} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(asked, 200);
    let right = (asked - wrong.len()) * 100 / asked;
    assert!(right >= RIGHT_PERCENT, "{right} % are right; wrong:\n{}", wrong.join("\n"));
}
