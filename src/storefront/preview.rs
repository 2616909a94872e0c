//! One page as it would be, drawn with the templates in force from content that is not saved.

use std::sync::Arc;

use super::context::Making;
use super::make::{fresh, look_of};
use super::pages;
use super::pictures::with_developed;
use super::plan::Plan;
use super::prior::look_back;
use super::publish::{Shelf, has_same_shelves, levels_of};
use super::touched::changed;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::catalog::edit::Kind;
use crate::catalog::{Catalog, Status};
use crate::platform::Kit;
use crate::platform::db::Read;
use crate::pricing::Book;
use crate::search::Index;

/// The page of a thing as it would be if it were on sale. `None` when such things have no page:
/// promotions, and what is not there. Nothing is put in force.
///
/// # Errors
/// When a template is wrong or the database fails.
pub fn preview(
    kit: &Kit,
    shelf: &Shelf,
    mut book: Book,
    kind: Kind,
    slug: &str,
) -> Result<Option<String>, Fault> {
    let catalog = Arc::make_mut(&mut book.catalog);
    put_on_sale(catalog, kind, slug);
    let plan = match kind {
        Kind::Product if catalog.products.contains_key(slug) => Plan::Product(slug),
        Kind::Bundle if catalog.bundles.get(slug).is_some_and(|b| catalog.bundle_is_live(b)) => {
            Plan::Bundle(slug)
        }
        Kind::Category if catalog.category(slug).is_some() => Plan::Category(slug, 1),
        Kind::Page if catalog.pages.iter().any(|page| page.slug == slug) => Plan::Words(slug),
        _ => return Ok(None),
    };
    let now = kit.now();
    let book = with_developed(Arc::new(book), &shelf.studio, None);
    let book = match kind {
        Kind::Product => {
            let told = |read: &Read| {
                Ok::<_, Failure<Never>>(look_back(read, Arc::clone(&book), [slug], now)?.book)
            };
            kit.db.read_blocking(told)?
        }
        _ => book,
    };
    let (edition, former) = (shelf.now(), shelf.searching.now());
    let (levels, _) = levels_of(kit, &book)?;
    let index = if has_same_shelves(former.book(), &book) {
        let changed = changed(&edition, former.book(), &levels, &book, now);
        former.updated(&book, &levels, changed.iter().map(String::as_str), now)
    } else {
        Index::of(&book, &levels, now)
    };
    let look = look_of(&book, &kit.settings);
    let is_same_look = edition.making.seen == look;
    let render = match is_same_look {
        true => kit.render.clone(),
        false => fresh(&kit.render, &book, &kit.settings)?,
    };
    let (url, together) = (kit.settings.public_url.clone(), Arc::clone(&edition.making.together));
    // Cards of another edition are not taken over: what they say may differ here.
    let making = Making::new(&Arc::new(index), levels, together, now, url, look, None);
    let making = making.in_words_of(&render).dated();
    pages::render(&making, &render, &plan).map(Some)
}

/// Drafts have no page yet; this is what it will be.
fn put_on_sale(catalog: &mut Catalog, kind: Kind, slug: &str) {
    match kind {
        Kind::Product => {
            if let Some(product) = catalog.products.get_mut(slug) {
                Arc::make_mut(product).status = Status::Live;
            }
        }
        Kind::Bundle => {
            if let Some(bundle) = catalog.bundles.get_mut(slug) {
                bundle.status = Status::Live;
            }
        }
        Kind::Category | Kind::Promotion | Kind::Page => {}
    }
}
