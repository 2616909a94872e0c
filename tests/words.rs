//! What shoppers read: the words of each language, amounts and days as each country writes them,
//! a whole shop in German, and the way back to an order.

#[path = "words/amounts.rs"]
mod amounts;
#[path = "words/find_order.rs"]
mod find_order;
#[path = "words/german.rs"]
mod german;

mod house;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use house::repository;
use kiosk::base::country::COUNTRIES;
use kiosk::platform::render::Render;
use toml::{Table, Value};

/// Problems only programs, the command line and the desk meet.
const NEVER_ON_A_PAGE: [&str; 58] = [
    "bad-signature",
    "below-held",
    "content-changed",
    "content-mistakes",
    "content-same",
    "days",
    "event-applied",
    "event-not-aside",
    "event-reason",
    "filter-unclear",
    "last-owner",
    "letter-reason",
    "letter-template",
    "letter-too-often",
    "letter-waiting",
    "link-used",
    "no-orders-yet",
    "no-such-action",
    "no-such-category",
    "no-such-person",
    "no-such-product",
    "not-that-many",
    "not-your-right",
    "note-needed",
    "note-unfit",
    "nothing-to-settle",
    "nothing-to-ship",
    "order-changed",
    "order-disputed",
    "order-going-back",
    "order-number-unknown",
    "parcel-unfit",
    "picture-unfit",
    "refund-unclear",
    "senseless-quantity",
    "second-factor-needed",
    "sign-in-needed",
    "sign-in-refused",
    "simulator-refuses",
    "staff-exists",
    "staff-unreadable",
    "stock-moved",
    "too-many-orders",
    "unknown-cart",
    "unknown-customer",
    "unknown-delivery",
    "unknown-event",
    "unknown-letter",
    "unknown-letter-kind",
    "unknown-sku",
    "unknown-view",
    "view-exists",
    "view-nameless",
    "view-unfiltered",
    "views-full",
    "weak-password",
    "wrong-code",
    "wrong-password",
];

/// Words no template asks for: the program does, or a shop's own template may.
const READ_BY_THE_PROGRAM: [&str; 10] = [
    "bundles.title",
    "cart.delivery",
    "cart.description",
    "checkout.description",
    "common.home",
    "common.your_orders",
    "find_order.email_needed",
    "find_order.number_needed",
    "mail.trial",
    "search.title",
];

fn language(name: &str) -> Table {
    let file = repository(&format!("site/text/{name}.toml"));
    fs::read_to_string(file).unwrap().parse().unwrap()
}

/// Every sentence by its path.
fn sentences(table: &Table) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (key, value) in table {
        match value {
            Value::String(words) => {
                all.insert(key.clone(), words.clone());
            }
            Value::Table(inside) => {
                let named = |(path, words)| (format!("{key}.{path}"), words);
                all.extend(sentences(inside).into_iter().map(named));
            }
            other => panic!("{key} is {other}"),
        }
    }
    all
}

/// The `{names}` of a sentence.
fn names_in(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

/// Refusals and countries: their English stands in the program.
fn is_worded_by_the_program(path: &str) -> bool {
    path.starts_with("country.") || (path.starts_with("problem.") && path.matches('.').count() > 1)
}

fn templates() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![repository("site")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("assets") && !path.ends_with("text") {
                folders.push(path);
            } else if path.is_file() {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

// S4.17: a language says everything, with the same amounts and names in its sentences.
#[test]
fn both_languages_say_the_same() {
    let (english, german) = (sentences(&language("en")), sentences(&language("de")));
    let keys = |words: &BTreeMap<String, String>| -> BTreeSet<String> {
        words.keys().filter(|path| !is_worded_by_the_program(path)).cloned().collect()
    };
    let (known, said) = (keys(&english), keys(&german));
    assert_eq!(known.difference(&said).collect::<Vec<_>>(), Vec::<&String>::new(), "not in de");
    assert_eq!(said.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "not in en");
    for (path, words) in english.iter().filter(|(path, _)| known.contains(*path)) {
        assert_eq!(names_in(words), names_in(&german[path]), "{path}");
        assert!(!german[path].trim().is_empty(), "{path}");
    }
}

#[test]
fn german_knows_every_refusal_and_country() {
    let german = sentences(&language("de"));
    let documented = fs::read_to_string(repository("docs/problems.md")).unwrap();
    let names = documented.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let names: BTreeSet<&str> = names.filter(|name| !NEVER_ON_A_PAGE.contains(name)).collect();
    let has = |path: String| german.contains_key(&path);
    let missing: Vec<_> =
        names.iter().filter(|name| !has(format!("problem.{name}.detail"))).collect();
    assert_eq!(missing, Vec::<&&str>::new());
    let unnamed: Vec<_> =
        COUNTRIES.iter().filter(|(code, _)| !has(format!("country.{code}"))).collect();
    assert_eq!(unnamed, Vec::<&(&str, &str)>::new());
}

fn without_comments(template: &str) -> String {
    let mut pieces = template.split("{#");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| out + piece.split_once("#}").unwrap().1)
}

/// What follows `text.` in templates: a path, and whether the rest of it is put together.
fn words_asked_for() -> Vec<(PathBuf, String, bool)> {
    let mut asked = Vec::new();
    for (file, template) in templates() {
        let template = without_comments(&template);
        for (at, _) in template.match_indices("text.") {
            let before = template[..at].chars().last().unwrap_or(' ');
            if before.is_alphanumeric() || "._/".contains(before) {
                continue;
            }
            let mut rest = &template[at + 5..];
            let mut path = String::new();
            let is_open = loop {
                let name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
                let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
                path.push_str(&rest[..end]);
                rest = &rest[end..];
                let Some(key) = rest.strip_prefix("[\"") else { break rest.starts_with('[') };
                let Some((key, after)) = key.split_once("\"]") else { break true };
                path.push_str(&format!(".{key}"));
                rest = after;
            };
            asked.push((file.clone(), path.trim_end_matches('.').to_owned(), is_open));
        }
    }
    asked
}

#[test]
fn templates_ask_for_words_that_exist() {
    let english = language("en");
    let asked = words_asked_for();
    assert!(asked.len() > 300, "{}", asked.len());
    for (file, path, is_open) in asked {
        let mut steps = path.split('.');
        let first = english.get(steps.next().unwrap());
        let found = steps.try_fold(first, |at, step| Some(at?.get(step))).flatten();
        let fits = match found {
            Some(Value::String(_)) => !is_open,
            Some(_) => true,
            None => false,
        };
        assert!(fits, "{}: text.{path} is not in site/text/en.toml", file.display());
    }
}

#[test]
fn no_word_is_kept_for_nobody() {
    let asked = words_asked_for();
    let is_read = |path: &String| {
        asked.iter().any(|(_, wanted, is_open)| {
            let inside = path.strip_prefix(wanted.as_str());
            inside.is_some_and(|rest| rest.is_empty() || (*is_open && rest.starts_with('.')))
        })
    };
    let by_the_program = |path: &str| READ_BY_THE_PROGRAM.contains(&path);
    let english = sentences(&language("en"));
    let idle: Vec<_> =
        english.keys().filter(|path| !is_read(path) && !by_the_program(path)).collect();
    assert_eq!(idle, Vec::<&String>::new());
}

/// The words of a shop with this file of its own.
fn with_own(name: &str, text: &str, locale: &str) -> Result<Render, String> {
    let own = tempfile::tempdir().unwrap();
    write(&own.path().join("text").join(name), text);
    let render = Render::open(own.path()).map_err(|fault| fault.to_string())?;
    render.fresh(locale, Vec::new()).map_err(|fault| fault.to_string())
}

fn write(path: &Path, text: &str) {
    use std::io::Write as _;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_shop_may_say_three_words_otherwise() {
    let own = "[cart]\ntitle = \"Ihr Korb\"\n[badge]\nnew = \"Frisch\"\n";
    let render = with_own("de.toml", own, "de-DE").unwrap();
    assert_eq!(render.word("cart.title"), "Ihr Korb");
    assert_eq!(render.word("cart.total"), "Summe", "the rest is the language's");
    assert_eq!(render.country("AT"), "Österreich");
    assert_eq!(render.complaints(), Vec::<String>::new());
    let english = with_own("de.toml", own, "en-GB").unwrap();
    assert_eq!(english.word("cart.title"), "Your cart", "a file of another language is not read");
}

#[test]
fn a_new_language_falls_back_to_english() {
    let render = with_own("fr.toml", "[cart]\ntitle = \"Votre panier\"\n", "fr-FR").unwrap();
    assert_eq!(render.word("cart.title"), "Votre panier");
    assert_eq!(render.word("cart.total"), "Total");
    let none = with_own("de.toml", "", "fr-FR").unwrap();
    assert_eq!(none.word("cart.title"), "Your cart");
    assert_eq!(none.complaints().len(), 1);
    assert!(none.complaints()[0].contains("there is no text/fr.toml, so"));
}

#[test]
fn slips_in_own_words_are_told_with_their_place() {
    let own = "[cart]\ntitel = \"Korb\"\nmissing_free = \"Noch {betrag}\"\n\n[own]\nword = \"x\"\n";
    let told = with_own("de.toml", own, "de").unwrap().complaints();
    assert_eq!(
        told,
        [
            "site/text/de.toml:2:9: warning: `cart.titel`: nothing reads this; write `title`",
            "site/text/de.toml:3:16: warning: `cart.missing_free`: nothing is ever put in place of \
             {betrag}; write {amount}, or leave it out",
        ]
    );
    for (wrong, why) in [
        ("cart = 3", "site/text/de.toml:1:8: `cart` must be a section"),
        ("[cart]\ntitle = 3", "site/text/de.toml:2:9: `cart.title` must be a sentence in quotes"),
        ("[cart\n", "site/text/de.toml:1:6: unclosed table"),
    ] {
        let refused = with_own("de.toml", wrong, "de").err().unwrap();
        assert!(refused.contains(why), "{refused}");
    }
}
