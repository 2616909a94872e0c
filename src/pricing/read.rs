//! From a content folder to a price book: everything is read, everything is checked.

use std::path::Path;
use std::sync::Arc;

use super::model::Book;
use super::{check, read_delivery, read_promotion};
use crate::base::{Currency, Fault};
use crate::catalog;
use crate::platform::content::{
    Body, Complaint, Complaints, File, Place, Source, Tree, Wrong, read_tree,
};

/// What a folder gave.
#[derive(Debug)]
pub struct Loaded {
    /// The book; none when there is an error among the complaints.
    pub book: Option<Book>,
    /// Everything somebody should look at, in reading order.
    pub complaints: Vec<Complaint>,
    /// The files, for excerpts.
    pub files: Tree,
}

/// Reads and checks a whole content folder.
///
/// # Errors
/// When the folder itself cannot be read. Whatever is wrong inside is a complaint.
pub fn load(dir: &Path) -> Result<Loaded, Fault> {
    Ok(load_tree(read_tree(dir)?))
}

/// Reads and checks files that are in memory already.
#[must_use]
pub fn load_tree(files: Tree) -> Loaded {
    let complaints = Complaints::new();
    let book = read(&files, &complaints);
    let book = book.filter(|_| complaints.errors() == 0);
    let complaints = complaints.finish(&files);
    Loaded { book, complaints, files }
}

fn read(tree: &Tree, complaints: &Complaints) -> Option<Book> {
    tree.complain(complaints);
    unread_files(tree, complaints);
    let catalog = catalog::read(tree, complaints);
    let currency = catalog.as_ref().map(|c| c.shop.currency).or_else(|| Currency::parse("KWD"));
    let currency = currency.unwrap_or(Currency::GBP);
    let promotions = read_promotion::all(tree, complaints, currency);
    let delivery = read_delivery::delivery(tree, complaints, currency);
    let taxes = read_delivery::taxes(tree, complaints);
    for (_, path, text) in tree.texts("tests/", "toml") {
        if let Some(text) = text {
            let _ = Source::new(path, text, complaints);
        }
    }
    let mut book = Book {
        revision: tree.revision(),
        catalog: Arc::new(catalog?),
        promotions,
        zones: delivery.zones,
        closed_weekdays: delivery.closed_weekdays,
        closed_dates: delivery.closed_dates,
        tax_classes: taxes.classes,
        tax_rates: taxes.rates,
    };
    check::check(tree, complaints, &book);
    book.promotions.sort_by(|a, b| (a.stage, &a.id).cmp(&(b.stage, &b.id)));
    Some(book)
}

/// A file nobody reads is most likely a file with a mistake in its name.
fn unread_files(tree: &Tree, complaints: &Complaints) {
    for path in tree.paths() {
        let last = path.rsplit('/').next().unwrap_or(path);
        let aside = last.starts_with('.') || last.ends_with('~') || last.starts_with("README");
        let refused = |f: &File| matches!(f.body, Body::Refused(_));
        if aside || is_read(tree, path) || tree.file(path).is_some_and(refused) {
            continue;
        }
        let wrong = Wrong::warning("file-unread", "nothing reads this file");
        let hint = match path.split_once('/') {
            Some(("products" | "bundles", _)) if path.ends_with(".md") => {
                "a description needs a .toml file of the same name beside it"
            }
            Some(("products" | "bundles" | "categories" | "promotions" | "tests", _)) => {
                "files of this folder lie directly in it and end with .toml"
            }
            Some(("pages", _)) => "files of this folder lie directly in it and end with .md",
            _ => "correct its name, or move it out of the content folder",
        };
        complaints.add(Place::start(path), wrong.hint(hint));
    }
}

fn is_read(tree: &Tree, path: &str) -> bool {
    let Some((folder, name)) = path.split_once('/') else {
        return matches!(path, "shop.toml" | "shipping.toml" | "taxes.toml" | "redirects.toml");
    };
    let described = || {
        let toml = path.strip_suffix(".md").map(|stem| format!("{stem}.toml"));
        toml.is_some_and(|toml| tree.file(&toml).is_some())
    };
    let direct = !name.contains('/');
    match folder {
        "images" => true,
        "products" | "bundles" => direct && (path.ends_with(".toml") || described()),
        "categories" | "promotions" | "tests" => direct && path.ends_with(".toml"),
        "pages" => direct && path.ends_with(".md"),
        _ => false,
    }
}
