//! From a content folder to a price book: everything is read, everything is checked.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::model::Book;
use super::{check, read_delivery, read_promotion};
use crate::base::{Currency, Fault};
use crate::catalog::{self, Former};
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
    load_after(files, None)
}

/// Reads and checks a folder again, using what `former` (which had no errors) made of everything
/// that has not changed since. `names` are the files that may have changed; all are looked at
/// when there are none.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn load_again(dir: &Path, former: &Loaded, names: &[String]) -> Result<Loaded, Fault> {
    let named = (!names.is_empty()).then(|| former.files.with_changed(dir, names)).flatten();
    let files = named.map_or_else(|| read_tree(dir), Ok)?;
    Ok(load_after(files, Some(former)))
}

/// Reads and checks files that are in memory already, using what `former` made of those that have
/// not changed since.
#[must_use]
pub fn load_tree_again(files: Tree, former: &Loaded) -> Loaded {
    load_after(files, Some(former))
}

fn load_after(files: Tree, former: Option<&Loaded>) -> Loaded {
    let known = former.and_then(|loaded| Some((loaded, loaded.book.as_ref()?)));
    let complained: HashSet<&str> = known
        .map(|(loaded, _)| loaded.complaints.iter().map(|c| c.file.as_str()).collect())
        .unwrap_or_default();
    let former = known.map(|(loaded, book)| {
        let parts = Former { tree: &loaded.files, catalog: &book.catalog, complained: &complained };
        (loaded, book, parts)
    });
    if let Some((loaded, book, parts)) = &former
        && let Some(quick) = after_small_change(&files, loaded, book, parts)
    {
        return Loaded { files, ..quick };
    }
    let complaints = Complaints::new();
    let book = read(&files, &complaints, former.as_ref().map(|(.., parts)| parts));
    let book = book.filter(|_| complaints.errors() == 0);
    let complaints = complaints.finish(&files);
    Loaded { book, complaints, files }
}

/// Most products changed at once that are looked at one by one.
const SMALL_CHANGE_MAX: usize = 64;

/// What a change to a few products gives, when nothing between files needs another look.
fn after_small_change(
    files: &Tree,
    loaded: &Loaded,
    book: &Book,
    former: &Former<'_>,
) -> Option<Loaded> {
    let changed = files.changed_since(&loaded.files);
    if changed.len() > SMALL_CHANGE_MAX {
        return None;
    }
    let complaints = Complaints::new();
    for path in &changed {
        files.complain_of(path, &complaints);
    }
    let catalog = catalog::read_again(files, &complaints, former, &changed)?;
    let mut all = complaints.finish(files);
    all.extend(loaded.complaints.iter().filter(|c| !changed.contains(&c.file)).cloned());
    all.sort_by(|a, b| (&a.file, a.span.start).cmp(&(&b.file, b.span.start)));
    let (revision, catalog) = (files.revision(), Arc::new(catalog));
    let book = Some(Book { revision, catalog, ..book.clone() });
    // The files are the caller's; an empty tree stands in for them.
    Some(Loaded { book, complaints: all, files: Tree::from_files([]) })
}

fn read(tree: &Tree, complaints: &Complaints, former: Option<&Former<'_>>) -> Option<Book> {
    tree.complain(complaints);
    unread_files(tree, complaints);
    let catalog = catalog::read(tree, complaints, former);
    let currency = catalog.as_ref().map(|c| c.shop.currency).or_else(|| Currency::parse("IQD"));
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
        carriers: delivery.carriers,
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
