//! Finding things in the demonstration shop: what words mean, what facets count, what stands
//! behind the pages of shelves.

#[path = "search/lists.rs"]
mod lists;
#[path = "search/quality.rs"]
mod quality;

mod house;

use house::{Answer, Browser};
use serde_json::Value;

fn json_of(program: &mut Browser, path: &str) -> Value {
    let answer: Answer = program.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

/// A text as it stands in an address.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
