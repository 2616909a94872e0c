//! The index as a whole: the next one answers like one made anew, and counts mean what they say.

use std::sync::Arc;

use proptest::prelude::*;

use super::tests::{Shop, sample};
use super::{FacetCounts, Index, Levels, Query, Sort, Typed};
use crate::base::ids::Sku;
use crate::catalog::{Catalog, OptionAxis, Product, Status, Tier, Words};
use crate::pricing::Book;
use crate::pricing::sample::{NOW, Sample};

const QUERIES: [&str; 12] = [
    "",
    "q=mug",
    "q=stonewear",
    "q=red",
    "q=p1",
    "q=p 1",
    "q=peg board&sort=price_desc",
    "tag=gift&sort=newest",
    "option.colour=Red&tier=pro",
    "in_stock=1&price_min=5&sort=name",
    "category=tableware&option.size=L",
    "featured=1&q=blue mug",
];

/// One change an editor may make: to which product, and what.
#[derive(Clone, Debug)]
enum Change {
    Write(u8, u8, u8),
    Remove(u8),
    Hide(u8),
    Price(u8, u16),
}

fn change() -> impl Strategy<Value = Change> {
    let which = 0..12_u8;
    prop_oneof![
        (which.clone(), any::<u8>(), any::<u8>()).prop_map(|(p, a, b)| Change::Write(p, a, b)),
        which.clone().prop_map(Change::Remove),
        which.clone().prop_map(Change::Hide),
        (which, 1..3000_u16).prop_map(|(p, price)| Change::Price(p, price)),
    ]
}

/// A product made of two numbers.
fn written(slug: &str, a: u8, b: u8) -> Product {
    let titles = ["Blue mug", "Red peg board", "Peg", "Stoneware mug", "Crème jar"];
    let title = titles[usize::from(a) % titles.len()];
    let sample = Sample::new().product(slug, title, 100 + i64::from(b) * 7).with(|p| {
        let pick = |bit: u8| b >> bit & 1 == 1;
        p.tags = ["gift", "new"].iter().take(usize::from(a % 3)).map(|t| (*t).into()).collect();
        p.tier = if pick(0) { Tier::Pro } else { Tier::Standard };
        p.featured = pick(1);
        if pick(2) {
            "tableware/mugs".clone_into(&mut p.category);
        }
        let axis = |name: &str, values: &[&str]| OptionAxis {
            name: name.to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
            swatches: Vec::new(),
        };
        if pick(3) {
            p.options.push(axis("Colour", &["Red", "Blue"]));
        }
        if pick(4) {
            p.options.push(axis("Size", &["S", "M", "L"][usize::from(a % 2)..]));
        }
        p.description = if pick(5) { "A peg for a mug.".into() } else { Words::default() };
    });
    (**sample.book().catalog.products.values().next().unwrap()).clone()
}

fn apply(catalog: &mut Catalog, change: &Change) -> String {
    let (Change::Write(n, ..) | Change::Remove(n) | Change::Hide(n) | Change::Price(n, _)) = change;
    let slug = format!("p{n}");
    match change {
        Change::Write(_, a, b) => {
            let mut product = written(&slug.to_uppercase(), *a, *b);
            product.slug.clone_from(&slug);
            let sku = Sku::parse(&slug.to_uppercase()).unwrap();
            Arc::make_mut(&mut catalog.skus).insert(sku, (slug.clone(), 0));
            catalog.products.insert(slug.clone(), Arc::new(product));
        }
        Change::Remove(_) => drop(catalog.products.remove(&slug)),
        Change::Hide(_) => {
            if let Some(product) = catalog.products.get_mut(&slug) {
                Arc::make_mut(product).status = Status::Draft;
            }
        }
        Change::Price(_, price) => {
            if let Some(product) = catalog.products.get_mut(&slug) {
                Arc::make_mut(product).variants[0].price_minor = i64::from(*price);
            }
        }
    }
    slug
}

fn query(index: &Index, address: &str) -> Query {
    let pairs: Vec<_> = form_urlencoded::parse(address.as_bytes()).into_owned().collect();
    Typed::from_pairs(&pairs).query(&index.book().catalog).unwrap()
}

type Answer = (Vec<String>, Vec<FacetCounts>, Option<(i64, i64)>, Vec<String>);

fn answer(index: &Index, query: &Query) -> Answer {
    let list = index.list(query, usize::MAX);
    let facets = super::facet_counts::facet_counts(index, query, &list.counts);
    let slugs = list.slots.iter().map(|slot| index.thing(*slot).unwrap().slug.to_string());
    (slugs.collect(), facets, list.counts.prices, list.words)
}

/// A book with a set of two parts, so that sets follow their parts.
fn first_book() -> Book {
    let sample = sample().bundle("pair", "Pair of mugs", 1000, &[("CUP", 1), ("MUG", 2)]);
    Shop::new(sample).book
}

/// A slot that a draft left behind must not make words look rarer than they are.
#[test]
fn what_left_the_shop_does_not_count() {
    let book = Arc::new(first_book());
    let index = Index::of(&book, &Levels::new(), NOW);
    let mut catalog = (*book.catalog).clone();
    let slug = apply(&mut catalog, &Change::Write(3, 0, 0));
    let more = Arc::new(Book { catalog: Arc::new(catalog.clone()), ..(*book).clone() });
    let grown = index.updated(&more, &Levels::new(), [slug.as_str()], NOW);
    let hidden = apply(&mut catalog, &Change::Hide(3));
    let fewer = Arc::new(Book { catalog: Arc::new(catalog), ..(*book).clone() });
    let shrunk = grown.updated(&fewer, &Levels::new(), [hidden.as_str()], NOW);
    assert_eq!((grown.len(), shrunk.len()), (index.len() + 1, index.len()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_next_index_answers_like_one_made_anew(
        edits in prop::collection::vec(prop::collection::vec(change(), 1..4), 1..6),
    ) {
        let levels = Levels::new();
        let mut book = Arc::new(first_book());
        let mut index = Index::of(&book, &levels, NOW);
        for changes in edits {
            let mut catalog = (*book.catalog).clone();
            let changed: Vec<String> =
                changes.iter().map(|change| apply(&mut catalog, change)).collect();
            book = Arc::new(Book { catalog: Arc::new(catalog), ..(*book).clone() });
            index = index.updated(&book, &levels, changed.iter().map(String::as_str), NOW);
            let fresh = Index::of(&book, &levels, NOW);
            for address in QUERIES {
                let query = query(&index, address);
                prop_assert_eq!(answer(&index, &query), answer(&fresh, &query), "{}", address);
            }
        }
    }

    // S3.19 S2.67: a value's count is how many there would be if it alone of its facet were chosen.
    #[test]
    fn counts_are_what_a_choice_would_find(
        goods in prop::collection::vec((any::<u8>(), any::<u8>()), 1..30),
        at in 0..QUERIES.len(),
    ) {
        let mut book = first_book();
        let mut catalog = (*book.catalog).clone();
        for (n, (a, b)) in (0..).zip(goods) {
            apply(&mut catalog, &Change::Write(n, a, b));
        }
        book.catalog = Arc::new(catalog);
        let index = Index::of(&Arc::new(book), &Levels::new(), NOW);
        let asked = query(&index, QUERIES[at]);
        let found = answer(&index, &asked);
        for facet in found.1.iter().filter(|facet| facet.name != "in_stock") {
            for value in &facet.values {
                let mut one = asked.clone();
                one.chosen.retain(|(name, _)| *name != facet.name);
                one.chosen.push((facet.name.clone(), vec![value.value.clone()]));
                let would = index.list(&one, 0).slots.len();
                prop_assert_eq!(value.count as usize, would, "{} {}", &facet.name, &value.value);
            }
        }
        let open = Query { price_min: None, price_max: None, ..asked };
        let prices = index.list(&open, 0).slots;
        let prices = prices.iter().map(|slot| index.rows[*slot as usize].price_minor);
        prop_assert_eq!(found.2, prices.clone().min().zip(prices.max()));
    }
}

// A set stands on its shelf with its price, and follows the price of its parts.
#[test]
fn sets_follow_their_parts() {
    let book = Arc::new(first_book());
    let index = Index::of(&book, &Levels::new(), NOW);
    let price = |index: &Index| {
        let query = query(index, "q=pair");
        let slot = index.list(&query, 1).slots[0];
        index.rows[slot as usize].price_minor
    };
    assert_eq!(price(&index), (1200 + 2 * 1800) * 9 / 10);
    let mut catalog = (*book.catalog).clone();
    Arc::make_mut(catalog.products.get_mut("cup").unwrap()).variants[0].price_minor = 2200;
    let book = Arc::new(Book { catalog: Arc::new(catalog), ..(*book).clone() });
    let index = index.updated(&book, &Levels::new(), ["cup"], NOW);
    assert_eq!(price(&index), (2200 + 2 * 1800) * 9 / 10);
}

// S3.19: sizes keep the order the merchant gives them, whatever products they come from.
#[test]
fn options_keep_the_merchants_order() {
    let axis = |values: &[&str]| OptionAxis {
        name: "Size".to_owned(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
        swatches: Vec::new(),
    };
    let sample = Sample::new()
        .product("A", "A", 100)
        .with(|p| p.options = vec![axis(&["Small", "Medium"])])
        .product("B", "B", 100)
        .with(|p| p.options = vec![axis(&["Medium", "Large"])]);
    let index = Index::of(&Arc::new(sample.book()), &Levels::new(), NOW);
    let sizes = answer(&index, &query(&index, "")).1.pop().unwrap();
    assert_eq!((sizes.name.as_str(), sizes.title.as_str()), ("option.size", "Size"));
    let values: Vec<&str> = sizes.values.iter().map(|value| value.value.as_str()).collect();
    assert_eq!(values, ["Small", "Medium", "Large"]);
    assert_eq!(Sort::of_shop(&index.book().catalog.shop), Sort::Featured);
}

// German shops: umlauts, plurals and words written without the letter.
#[test]
fn german_words_find_each_other() {
    let sample = Sample::new()
        .product("A", "Gläser für Weißwein", 100)
        .product("B", "Kaffeetasse", 100)
        .product("C", "Grüne Kerze", 100);
    let mut book = sample.book();
    let mut catalog = (*book.catalog).clone();
    catalog.shop.locale = "de-DE".to_owned();
    book.catalog = Arc::new(catalog);
    let index = Index::of(&Arc::new(book), &Levels::new(), NOW);
    for (q, slug) in [
        ("Glas", "a"),
        ("Glaeser", "a"),
        ("gläser", "a"),
        ("weisswein", "a"),
        ("Weißweine", "a"),
        ("kaffeetassen", "b"),
        ("gruene kerzen", "c"),
        ("grüne kerzn", "c"),
    ] {
        assert_eq!(answer(&index, &query(&index, &format!("q={q}"))).0, [slug], "{q}");
    }
}
