//! A form changes a file's text where it was changed, and nowhere else.

use std::collections::BTreeMap;
use std::fs;

use kiosk::catalog::edit::{Kind, NotEdited, PLACE, REMOVE, Values, apply, duplicate, field_at};
use kiosk::catalog::edit::{values, view};
use proptest::prelude::*;

use crate::house::{base_content, demo_content};

/// Every file of the demonstration shop and of the base shop that a form can edit.
pub(crate) fn files() -> Vec<(Kind, String, String)> {
    let mut found = Vec::new();
    for root in [demo_content(), base_content()] {
        for kind in Kind::ALL {
            let Ok(folder) = fs::read_dir(root.join(kind.folder())) else { continue };
            for entry in folder {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|e| e == kind.extension()) {
                    let text = fs::read_to_string(&path).unwrap();
                    found.push((kind, path.display().to_string(), text));
                }
            }
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    assert!(found.len() > 90, "{}", found.len());
    found
}

fn lines_changed(before: &str, after: &str) -> usize {
    let (one, two): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    assert_eq!(one.len(), two.len(), "{before}\n---\n{after}");
    one.iter().zip(&two).filter(|(a, b)| a != b).count()
}

/// Another value of the same kind.
fn other(value: &str) -> String {
    match value {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        "0" => "7".to_owned(),
        _ if value.parse::<i64>().is_ok() => format!("{value}1"),
        // A date stays a date, so that it stays bare.
        _ if value.len() == 10 && value.starts_with("20") => "2031-01-31".to_owned(),
        _ => format!("{value}x"),
    }
}

// N19, S2.65: what is not edited stays byte for byte.
#[test]
fn a_form_sent_as_it_was_shown_changes_nothing() {
    for (kind, path, text) in files() {
        let shown = values(kind, &text).unwrap_or_else(|why| panic!("{path}: {why:?}"));
        assert_eq!(apply(kind, &text, &shown).unwrap(), text, "{path}");
        // As browsers send it.
        let sent = shown.iter().map(|(name, text)| (name.clone(), text.replace('\n', "\r\n")));
        assert_eq!(apply(kind, &text, &sent.collect()).unwrap(), text, "{path}");
        let windows = text.replace('\n', "\r\n");
        assert_eq!(apply(kind, &windows, &shown).unwrap(), windows, "{path}");
    }
}

// N19: one field, one line.
#[test]
fn editing_one_field_changes_exactly_one_line() {
    let mut edits = 0;
    for (kind, path, text) in files() {
        for (name, value) in values(kind, &text).unwrap() {
            if value.is_empty() || value.contains('\n') || name == "body" {
                continue;
            }
            let sent = Values::from([(name.clone(), other(&value))]);
            let after = apply(kind, &text, &sent).unwrap();
            assert_eq!(lines_changed(&text, &after), 1, "{path}: {name}");
            let mut expected = values(kind, &text).unwrap();
            expected.insert(name.clone(), other(&value));
            assert_eq!(values(kind, &after).unwrap(), expected, "{path}: {name}");
            edits += 1;
        }
    }
    assert!(edits > 1_500, "{edits}");
}

#[test]
fn a_key_goes_with_its_line_and_comes_with_its_line() {
    for (kind, path, text) in files() {
        for (name, value) in values(kind, &text).unwrap() {
            let removed = Values::from([(name.clone(), String::new())]);
            if value.is_empty() || value.contains('\n') || name == "body" || name.contains('.') {
                continue;
            }
            let without = apply(kind, &text, &removed).unwrap();
            assert_eq!(without.lines().count(), text.lines().count() - 1, "{path}: {name}");
            let back = Values::from([(name.clone(), value.clone())]);
            let again = apply(kind, &without, &back).unwrap();
            assert_eq!(values(kind, &again).unwrap(), values(kind, &text).unwrap(), "{path}");
            // Comments are all still there, and in order.
            let notes = |text: &str| -> Vec<String> {
                text.lines().filter(|l| l.starts_with('#')).map(str::to_owned).collect()
            };
            assert_eq!(notes(&again), notes(&text), "{path}: {name}");
        }
    }
}

fn mug() -> String {
    fs::read_to_string(demo_content().join("products/everyday-mug.toml")).unwrap()
}

fn sent(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn new_keys_stand_where_such_keys_stand() {
    let after = apply(Kind::Product, &mug(), &sent(&[("code", "MUG"), ("product_type", "Mug")]));
    let after = after.unwrap();
    assert!(after.contains("\ntier            = \"standard\"\nproduct_type    = \"Mug\"\n"));
    assert!(after.contains("\ncode            = \"MUG\"\n"), "{after}");
    let bare = "# Words.\n\ntitle = \"A\"\n";
    let after = apply(Kind::Category, bare, &sent(&[("order", "3")])).unwrap();
    assert_eq!(after, "# Words.\n\ntitle = \"A\"\norder = 3\n");
    // What stands at the top stays at the top.
    let after = apply(Kind::Product, bare, &sent(&[("sku", "A-1")])).unwrap();
    assert_eq!(after, "# Words.\n\nsku   = \"A-1\"\ntitle = \"A\"\n");
    let after = apply(Kind::Product, &after, &sent(&[("sku", "")])).unwrap();
    assert_eq!(after, bare);
}

#[test]
fn tables_come_and_go() {
    let bare = "title = \"A\"\n";
    let new = sent(&[("stock.opening", "5"), ("stock.low", "2"), ("sale.price", "3.00")]);
    let after = apply(Kind::Product, bare, &new).unwrap();
    assert_eq!(
        after,
        "title = \"A\"\n\n[stock]\nopening = 5\nlow     = 2\n\n[sale]\nprice = \"3.00\"\n"
    );
    let gone = sent(&[("stock.opening", ""), ("stock.low", ""), ("sale.price", "")]);
    assert_eq!(apply(Kind::Product, &after, &gone).unwrap(), bare);
    let after = apply(Kind::Product, &mug(), &sent(&[("variants.1.stock.low", "")])).unwrap();
    assert!(after.contains("stock   = { opening = 48 }\n"), "{after}");
    let after = apply(Kind::Product, &mug(), &sent(&[("variants.1.stock.opening", "")])).unwrap();
    assert!(after.contains("stock   = { low = 8 }\n"), "{after}");
    let more = sent(&[("variants.1.stock.max_per_order", "3")]);
    let after = apply(Kind::Product, &mug(), &more).unwrap();
    assert!(after.contains("stock   = { opening = 48, low = 8, max_per_order = 3 }\n"), "{after}");
    let dotted = "title = \"A\"\nstock.opening = 1\n";
    let after = apply(Kind::Product, dotted, &sent(&[("stock.low", "2")])).unwrap();
    assert_eq!(values(Kind::Product, &after).unwrap()["stock.low"], "2");
}

// S2.68: rows of a bundle and variants of a product, inline.
#[test]
fn rows_come_go_and_change_places() {
    let new = sent(&[
        ("variants.7.sku", "HF-TW-001-RED"),
        ("variants.7.options.Colour", "Red"),
        ("variants.7.stock.opening", "4"),
        ("variants.8.sku", ""),
    ]);
    let after = apply(Kind::Product, &mug(), &new).unwrap();
    let row = "\n[[variants]]\nsku     = \"HF-TW-001-RED\"\noptions = { Colour = \"Red\" }\n\
               stock   = { opening = 4 }\n\n[[images]]\n";
    assert!(after.contains(row), "{after}");
    let gone = Values::from([(format!("variants.5.{REMOVE}"), "on".to_owned())]);
    assert_eq!(apply(Kind::Product, &after, &gone).unwrap(), mug());
    let first = Values::from([(format!("images.3.{PLACE}"), "0".to_owned())]);
    let after = apply(Kind::Product, &mug(), &first).unwrap();
    let (was, is) =
        (values(Kind::Product, &mug()).unwrap(), values(Kind::Product, &after).unwrap());
    assert_eq!(is["images.0.file"], was["images.3.file"]);
    assert_eq!(is["images.1.file"], was["images.0.file"]);
    assert_eq!(after.len(), mug().len());
    let all: Values = (0..6).map(|at| (format!("images.{at}.{REMOVE}"), "on".to_owned())).collect();
    let after = apply(Kind::Product, &mug(), &all).unwrap();
    assert!(!after.contains("[[images]]"), "{after}");
    let inline = "title = \"Set\"\nitems = [\n  { sku = \"A\", qty = 1 }, # the first\n  \
                  { sku = \"B\" },\n]\n";
    let after = apply(Kind::Bundle, inline, &sent(&[("items.2.sku", "C"), ("items.2.qty", "2")]));
    assert_eq!(
        after.unwrap(),
        "title = \"Set\"\nitems = [\n  { sku = \"A\", qty = 1 }, # the first\n  \
         { sku = \"B\" },\n  \
         { sku = \"C\", qty = 2 },\n]\n"
    );
}

#[test]
fn new_files_are_written_as_ours_are() {
    let new = sent(&[
        ("title", "Plain cup"),
        ("sku", "CUP-1"),
        ("price", "12.00"),
        ("category", "tableware/mugs-cups"),
        ("tags", "gift, plain"),
        ("status", "draft"),
        ("description", "A cup.\r\n\r\nWith a handle."),
        ("images.0.file", "cup.webp"),
        ("images.0.alt", "A cup"),
        ("stock.opening", "3"),
    ]);
    let text = apply(Kind::Product, "", &new).unwrap();
    assert_eq!(
        text,
        "sku         = \"CUP-1\"\ntitle       = \"Plain cup\"\nprice       = \"12.00\"\n\
         category    = \"tableware/mugs-cups\"\ntags        = [\"gift\", \"plain\"]\n\
         status      = \"draft\"\n\ndescription = \"\"\"\nA cup.\n\nWith a handle.\n\"\"\"\n\n\
         [[images]]\nfile = \"cup.webp\"\nalt  = \"A cup\"\n\n[stock]\nopening = 3\n"
    );
    let page = apply(Kind::Page, "", &sent(&[("title", "Hours"), ("body", "We open at nine.")]));
    assert_eq!(page.unwrap(), "+++\ntitle = \"Hours\"\n+++\n\nWe open at nine.\n");
}

#[test]
fn copies_have_nothing_that_may_be_there_only_once() {
    let copy = values(Kind::Product, &duplicate(Kind::Product, &mug()).unwrap()).unwrap();
    assert_eq!(copy["title"], "Everyday mug (copy)");
    assert_eq!((copy["status"].as_str(), copy["redirect_from"].as_str()), ("draft", ""));
    assert_eq!(copy["variants.4.sku"], "HF-TW-001-CHA-COPY");
}

#[test]
fn what_cannot_be_kept_is_left_to_the_text() {
    assert_eq!(values(Kind::Product, "title = "), Err(NotEdited::Syntax));
    assert_eq!(values(Kind::Page, "no front matter"), Err(NotEdited::Syntax));
    let mixed = "title = \"A\"\r\nprice = 1\n";
    assert_eq!(apply(Kind::Product, mixed, &Values::new()), Err(NotEdited::Unkept));
}

#[test]
fn a_place_in_the_text_finds_its_field() {
    let text = mug();
    let at = |needle: &str| {
        let start = text.find(needle).unwrap();
        field_at(Kind::Product, &text, &(start..start + needle.len()), None)
    };
    assert_eq!(at("\"16.00\""), "price");
    assert_eq!(at("\"Sage\" }"), "variants.1.options");
    assert_eq!(at("\"mug-ink.webp\""), "variants.2.image");
    assert_eq!(field_at(Kind::Product, "x = 1\n", &(0..0), Some("title")), "title");
    let page = "+++\ntitle = \"A\"\n+++\nWords";
    assert_eq!(field_at(Kind::Page, page, &(12..15), None), "title");
    assert_eq!(field_at(Kind::Page, page, &(20..22), None), "body");
}

// S2.71: long forms in groups; what is wrong opens its group.
#[test]
fn forms_are_grouped() {
    let shown = values(Kind::Product, &mug()).unwrap();
    let wrong = BTreeMap::from([("variants.1.price".to_owned(), vec!["no".to_owned()])]);
    let more = BTreeMap::from([("images".to_owned(), 2)]);
    let groups = view(Kind::Product, &shown, &wrong, &more);
    let group = |title: &str| groups.iter().find(|group| group.title == title).unwrap();
    assert!(group("Variants").is_open && !group("Sale").is_open);
    let images = group("Pictures").rows.as_ref().unwrap();
    assert_eq!((images.rows.len(), images.rows[7].is_new), (8, true));
    let variants = group("Variants").rows.as_ref().unwrap();
    assert_eq!(variants.rows[2].fields[1].label, "Colour");
    assert_eq!(variants.rows[2].fields[1].choices.len(), 5);
}

/// The entries of a value, so that a list may be typed with other spaces.
fn entries(text: &str) -> Vec<String> {
    let each = text.split([',', '\n']).map(|entry| entry.trim().to_owned());
    each.filter(|entry| !entry.is_empty()).collect()
}

/// Keys that a change may touch: the one edited, and the table it stands in.
fn touched(sent: &Values) -> Vec<&str> {
    sent.keys().flat_map(|name| name.split('.')).collect()
}

const TYPED: &str = "[a-zA-Z0-9 .,'\"\\\\#=\\[\\]{}éß☕-]{0,40}";

proptest! {
    // N19: whatever is typed into whichever fields, it reads back as typed, and every line that
    // says nothing of them is still there.
    #[test]
    fn any_edit_changes_only_what_was_edited(
        file in 0usize..1_000,
        picks in prop::collection::vec((0usize..1_000, TYPED), 1..5),
    ) {
        let files = files();
        let (kind, path, text) = &files[file % files.len()];
        let before = values(*kind, text).unwrap();
        let names: Vec<&String> = before.keys().filter(|name| *name != "body").collect();
        let pick = |(at, typed): &(usize, String)| (names[at % names.len()].clone(), typed.clone());
        let sent: Values = picks.iter().map(pick).collect();
        let after = apply(*kind, text, &sent).unwrap();
        let again = values(*kind, &after).unwrap();
        for (name, value) in &before {
            let typed = sent.get(name).unwrap_or(value);
            let is_gone = name.contains(".options.") && typed.trim().is_empty();
            let read = again.get(name).cloned().unwrap_or_default();
            prop_assert!(
                is_gone || entries(&read) == entries(typed),
                "{path}: {name}: {typed:?} became {read:?}\n{after}"
            );
        }
        let touched = touched(&sent);
        let mut rest = after.lines();
        // Lines inside a long text are part of its value.
        let is_long = sent.keys().any(|name| before[name].contains('\n'));
        for line in text.lines().filter(|_| !is_long) {
            let key = line.split('=').next().unwrap_or_default().trim();
            let is_other = !line.trim().is_empty() && !line.starts_with('[');
            if is_other && !touched.contains(&key) {
                prop_assert!(rest.any(|other| other == line), "{path}: lost {line}\n{after}");
            }
        }
    }
}
