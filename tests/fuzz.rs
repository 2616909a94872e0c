//! Five doors through which strangers' bytes come, and what may never happen behind them. Inputs
//! are seeds of `tests/fixtures/fuzz/`, changed at random from one number; what breaks something
//! is printed as a byte string, to be kept as a seed. `make fuzz` runs more of them.

#![allow(unreachable_pub, reason = "the file beside it is no library")]

mod house;

#[path = "fuzz/mutate.rs"]
mod mutate;

use std::fs::{self, File};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use house::{Edited, START, TestShop, base_content, repository};
use kiosk::base::Randomness;
use kiosk::payments::{Event, signature};
use kiosk::pricing;
use mutate::mutated;
use poem::http::Method;
use poem::{Endpoint, Request};
use scraper::{Html, Selector};

/// Inputs of each door in `make test`; `RUNS` overrides it.
const RUNS: u64 = 3_000;
/// For doors behind which a whole shop is read.
const SLOW_RUNS: u64 = 300;

fn number(name: &str, otherwise: u64) -> u64 {
    let said = std::env::var(name).ok().filter(|text| !text.is_empty());
    said.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Tries a door with every seed as it is, then with changed ones.
fn fuzz(door: &str, runs: u64, mut enter: impl FnMut(&[u8])) {
    let mut files: Vec<_> = fs::read_dir(repository(&format!("tests/fixtures/fuzz/{door}")))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(seeds.len() >= 2, "{door} has no seeds");
    let random = Randomness::seeded(number("SEED", 20_261_125));
    let changed = (0..number("RUNS", runs)).map(|_| mutated(&random, &seeds));
    for input in seeds.iter().cloned().chain(changed) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| enter(&input))) {
            let why = panic.downcast_ref::<String>().map_or("a panic", String::as_str);
            panic!("{door}: {why}\nKeep it as a seed: b\"{}\"", input.escape_ascii());
        }
    }
}

// S3.17: no header but one made with the secret for these bytes opens the door.
#[test]
fn no_signature_header_is_believed_by_accident() {
    let (body, secrets) = (b"{\"id\":\"evt_1\"}", ["whsec_one".to_owned(), String::new()]);
    let good = signature::sign("whsec_one", body, START);
    let mac = good.split_once("v1=").unwrap().1.to_owned();
    let stamp = format!("t={}", START.unix_s());
    fuzz("signature", RUNS, |input| {
        let header = String::from_utf8_lossy(input);
        for header in [header.to_string(), format!("{good},{header}"), format!("{header},{good}")] {
            let believed = signature::verify(&header, body, &secrets, START);
            let names_it = header.to_lowercase().contains(&mac) && header.contains(&stamp);
            assert!(!believed || names_it, "believed {header}");
        }
        assert!(!signature::verify(&good, input, &secrets, START), "another body was believed");
        assert!(!signature::verify(&header, input, &[], START));
    });
}

// S2.140: whatever an event holds, reading it ends, and what is kept of it is bounded.
#[test]
fn no_event_breaks_its_reader() {
    fuzz("webhook", RUNS, |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(event) = Event::parse(&text) {
            for word in [&event.id, &event.kind, &event.object] {
                assert!(word.len() <= 255, "{} bytes", word.len());
            }
            assert!(!event.id.is_empty() && !event.kind.is_empty());
        }
    });
}

fn put(content: &Edited, file: &str, bytes: &[u8]) {
    File::create(content.path().join(file)).unwrap().write_all(bytes).unwrap();
}

// S0.3: whatever a product file holds, the shop is read to its end, and what is wrong has a place.
#[test]
fn no_product_file_breaks_the_reader() {
    let content = Edited::of(&base_content());
    let former = pricing::load(content.path()).unwrap();
    let file = "products/apron.toml";
    fuzz("product", SLOW_RUNS, |input| {
        put(&content, file, input);
        let loaded = pricing::load_again(content.path(), &former, &[file.to_owned()]).unwrap();
        assert!(loaded.book.is_some() || !loaded.complaints.is_empty(), "refused without a word");
        for complaint in &loaded.complaints {
            assert!(complaint.line >= 1 && complaint.column >= 1, "{complaint:?}");
            assert!(!complaint.message.is_empty(), "{complaint:?}");
        }
    });
}

// S3.14: whatever a text holds, no element and no address of its writer's own comes through.
#[test]
fn no_text_brings_script_onto_a_page() {
    let content = Edited::of(&base_content());
    let former = pricing::load(content.path()).unwrap();
    let (file, all) = ("products/apron.md", Selector::parse("*").unwrap());
    fuzz("markdown", SLOW_RUNS, |input| {
        put(&content, file, input);
        let loaded = pricing::load_again(content.path(), &former, &[file.to_owned()]).unwrap();
        let Some(book) = loaded.book else { return };
        let html = &book.catalog.products["apron"].description_html;
        for element in Html::parse_fragment(html).select(&all) {
            let element = element.value();
            let name = element.name();
            assert!(!["script", "style", "iframe", "object", "form"].contains(&name), "{html}");
            for (attribute, value) in element.attrs() {
                let value: String =
                    value.chars().filter(|c| !c.is_control() && *c != ' ').collect();
                let value = value.to_lowercase();
                assert!(!attribute.starts_with("on") && attribute != "style", "{html}");
                assert!(
                    !["javascript:", "vbscript:", "data:"].iter().any(|s| value.starts_with(s))
                        || !["href", "src"].contains(&attribute),
                    "{html}"
                );
            }
        }
    });
}

// S0.12, S3.17: whatever is sent to the cart, the answer is an answer.
#[test]
fn no_body_breaks_the_cart() {
    let shop = TestShop::open();
    let router = shop.app.routes().finish().unwrap();
    fuzz("cart", SLOW_RUNS, |input| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/cart/lines".parse().unwrap())
            .header("accept", "application/json")
            .content_type("application/json")
            .body(input.to_vec());
        let status = match shop.block_on(router.call(request)) {
            Ok(response) => response.status(),
            Err(error) => error.status(),
        };
        assert!(!status.is_server_error(), "{status}");
    });
    shop.assert_audit();
}
