//! Putting editions in force.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::context::Making;
use super::darkroom::Darkroom;
use super::edition::{Current, Edition, is_document};
use super::files_read::FilesRead;
use super::gone::{Gone, is_of_goods, pages_of_goods};
use super::make::{Inputs, look_of, make, openings, with_documents, with_new};
use super::news::NewsBoard;
use super::pack::{Kept, Pack};
use super::pictures::with_developed;
use super::prior::{LookedBack, Unnoted, note_shown, with_prior};
use super::touched::changed;
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, differences_of_shared};
use crate::catalog::{Catalog, Product};
use crate::platform::Kit;
use crate::platform::db::Read;
use crate::platform::images::{BACKDROP, Studio};
use crate::platform::render::Render;
use crate::platform::web::Prebuilt;
use crate::pricing::{Book, Books};
use crate::recommend::Together;
use crate::search::{Index, Levels, Searching};
use crate::stock::{self, Opening};

/// Where other sizes of pictures are kept, below the data folder.
pub const PICTURES: &str = "pictures";

/// The edition in force and the prices it was made with. Clones share it.
#[derive(Clone)]
pub struct Shelf {
    /// Prices in force.
    pub books: Books,
    /// The index of the same things.
    pub searching: Searching,
    pub(super) current: Current,
    /// What became of the last change.
    pub news: NewsBoard,
    /// Other sizes and kinds of the shop's pictures.
    pub studio: Studio,
    /// What the studio had noted when the edition in force was made.
    notes: Arc<AtomicUsize>,
    /// Where they are made.
    pub darkroom: Darkroom,
    /// Addresses of goods that it has no more.
    pub(super) gone: Gone,
    /// The content folder as it was read last.
    pub files: FilesRead,
    /// Held while the desk saves, so that nobody writes over what another has just written.
    pub(super) saving: Arc<Mutex<()>>,
    /// Held while an edition is made, so that an older one never overtakes a newer.
    publishing: Arc<Mutex<()>>,
    /// Held while what follows an edition is made.
    following: Arc<Mutex<()>>,
    /// Held while the copy for bad days is written.
    pub(super) keeping: Arc<Mutex<()>>,
    /// Where finished pages are kept.
    pack: Arc<Pack>,
}

/// Pages packed before they are put in place of the plain ones.
const PACKED_AT_ONCE: usize = 1024;

/// What there was before an edition.
#[derive(Clone, Copy)]
enum Before<'a> {
    /// An earlier run of the shop.
    Run(&'a Kept),
    /// The edition in force, and its index.
    Edition(&'a Arc<Edition>, &'a Arc<Index>),
}

/// What an edition is made anew for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// Content files are others.
    Content,
    /// Templates, styles or words of the shop's own are others.
    Site,
    /// Stock, time or a picture's other sizes have come.
    Moment,
}

/// What was made, and is not in force yet.
struct Fresh {
    book: Arc<Book>,
    edition: Edition,
    index: Arc<Index>,
    render: Option<Render>,
    openings: Vec<Opening>,
    unnoted: Vec<Unnoted>,
}

impl Shelf {
    /// Makes the first edition and puts it in force.
    ///
    /// # Errors
    /// When a template is wrong or the database fails.
    pub fn open(kit: &Kit, book: Arc<Book>, kept: Kept) -> Result<Self, Fault> {
        let studio = Studio::open(&kit.settings.data_dir.join(PICTURES), BACKDROP)?;
        let notes = AtomicUsize::new(studio.notes());
        let book = with_developed(book, &studio, None);
        let fresh = prepare_next(kit, &studio, book, Before::Run(&kept), Reason::Site)?;
        let mut edition = fresh.edition;
        // The files beside the pages may still say the same as in the last run.
        let beside = kept.files.iter().filter(|(path, file)| is_document(path, file));
        edition.files.extend(beside.map(|(path, file)| (Arc::clone(path), Arc::clone(file))));
        let edition = with_documents(edition, &kit.settings, &kit.render)?;
        record(kit, &fresh.book.catalog, fresh.openings, fresh.unnoted)?;
        let gone = Gone::open(kit)?;
        let former = kept.files.keys().filter(|path| is_of_goods(path)).map(ToString::to_string);
        gone.follow(kit, former, &fresh.book.catalog)?;
        Ok(Self {
            books: Books::new(fresh.book),
            searching: Searching::new(fresh.index),
            current: Arc::new(ArcSwap::from_pointee(edition)),
            news: NewsBoard::default(),
            studio,
            notes: Arc::new(notes),
            darkroom: Darkroom::default(),
            gone,
            files: FilesRead::default(),
            saving: Arc::default(),
            publishing: Arc::default(),
            following: Arc::default(),
            keeping: Arc::default(),
            pack: Arc::new(kept.pack),
        })
    }

    /// Stock as the pages say it.
    #[must_use]
    pub fn levels(&self) -> Arc<Levels> {
        Arc::clone(&self.now().making.levels)
    }

    /// Makes a new edition of changed content and swaps it in, prices and pages together; only
    /// pages that are made of something else than before are drawn. On an error the old one stays.
    ///
    /// # Errors
    /// When a template is wrong or the database fails.
    pub fn publish(&self, kit: &Kit, book: Arc<Book>) -> Result<(), Fault> {
        self.publish_pages(kit, book)?;
        self.catch_up(kit)
    }

    /// As [`Shelf::publish`], but leaves the files beside the pages to [`Shelf::catch_up`].
    ///
    /// # Errors
    /// As [`Shelf::publish`].
    pub fn publish_pages(&self, kit: &Kit, book: Arc<Book>) -> Result<(), Fault> {
        self.swap_in(kit, Some(book), Reason::Content)
    }

    /// As [`Shelf::publish`], with templates, styles and words read anew as well.
    ///
    /// # Errors
    /// As [`Shelf::publish`].
    pub fn publish_site(&self, kit: &Kit, book: Arc<Book>) -> Result<(), Fault> {
        self.swap_in(kit, Some(book), Reason::Site)?;
        self.catch_up(kit)
    }

    /// Makes the pages of the book in force anew, because stock, time or what is ready of its
    /// pictures has changed them.
    ///
    /// # Errors
    /// As [`Shelf::publish`].
    pub fn refresh(&self, kit: &Kit) -> Result<(), Fault> {
        self.swap_in(kit, None, Reason::Moment)?;
        self.catch_up(kit)
    }

    /// Without a book, that in force is made anew: which one that is, is looked up only here, for
    /// whoever held the lock before may have published another.
    fn swap_in(&self, kit: &Kit, book: Option<Arc<Book>>, reason: Reason) -> Result<(), Fault> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let (in_force, notes) = (self.books.now(), self.studio.notes());
        let known = (notes == self.notes.load(Relaxed)).then(|| &*in_force.catalog);
        let book = book.unwrap_or_else(|| Arc::clone(&in_force));
        let book = with_developed(book, &self.studio, known);
        let before = (self.now(), self.searching.now());
        let edition = Before::Edition(&before.0, &before.1);
        let fresh = prepare_next(kit, &self.studio, book, edition, reason)?;
        record(kit, &fresh.book.catalog, fresh.openings, fresh.unnoted)?;
        let (was, is) = (&before.1.book().catalog, &fresh.book.catalog);
        if !Arc::ptr_eq(&was.skus, &is.skus) || was.bundles != is.bundles {
            self.gone.follow(kit, pages_of_goods(was), is)?;
        }
        if let Some(render) = &fresh.render {
            kit.render.adopt(render);
        }
        self.notes.store(notes, Relaxed);
        self.books.publish(fresh.book);
        self.searching.publish(fresh.index);
        self.current.store(Arc::new(fresh.edition));
        self.news.published();
        Ok(())
    }

    /// Makes the files beside the pages say what the pages say, when they do not yet.
    ///
    /// # Errors
    /// When an icon cannot be drawn.
    pub fn catch_up(&self, kit: &Kit) -> Result<(), Fault> {
        let _alone = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = self.now();
        if pages.is_documented {
            return Ok(());
        }
        let whole = with_documents((*pages).clone(), &kit.settings, &kit.render)?;
        // When somebody has published meanwhile, they catch up themselves.
        self.current.compare_and_swap(&pages, Arc::new(whole));
        Ok(())
    }

    /// Packs the edition in force, so that it travels smaller, and keeps it for the next start. It
    /// is served plain until then.
    ///
    /// # Errors
    /// When the content folder cannot be read or the data folder not be written.
    pub fn pack(&self, kit: &Kit) -> Result<(), Fault> {
        let _alone = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = |file: Prebuilt, is_large| self.pack.file(&file, is_large);
        loop {
            let packed = self.now().pack(PACKED_AT_ONCE, keep)?;
            if packed.is_empty() {
                break;
            }
            // Pages that were published meanwhile stay as they are; they come next.
            self.current.rcu(|edition| edition.with_packed(&packed));
        }
        if self.pack.is_begun_anew(&self.now()) {
            let packed = self.now().pack_again(keep);
            self.current.rcu(|edition| edition.with_packed(&packed));
        }
        let edition = self.now();
        if edition.is_large() {
            edition.making.goods.forget_drawn();
        }
        self.pack.note(kit, &edition)
    }

    /// The edition in force.
    #[must_use]
    pub fn now(&self) -> Arc<Edition> {
        self.current.load_full()
    }
}

/// Renders every page that is made of something else than before. Nothing is written or in force
/// yet, so that nothing is noted for an edition that cannot be made.
fn prepare_next(
    kit: &Kit,
    studio: &Studio,
    book: Arc<Book>,
    before: Before<'_>,
    reason: Reason,
) -> Result<Fresh, Fault> {
    let now = kit.now();
    let (former, kept) = match before {
        Before::Run(kept) => (None, Some(&*kept.files)),
        Before::Edition(edition, _) => (Some(&edition.making), None),
    };
    let LookedBack { book, unnoted } = with_prior(kit, book, former, now)?;
    let unmoved = former.filter(|making| reason != Reason::Moment && has_same_stock(making, &book));
    let (levels, new) = match unmoved {
        Some(making) => (Arc::clone(&making.levels), Vec::new()),
        None => levels_of(kit, &book)?,
    };
    let together = together_of(kit, former)?;
    let index = match before {
        Before::Edition(edition, index) if has_same_shelves(index.book(), &book) => {
            let changed = changed(edition, index.book(), &levels, &book, now);
            Arc::new(index.updated(&book, &levels, changed.iter().map(String::as_str), now))
        }
        _ => Arc::new(Index::of(&book, &levels, now)),
    };
    let look = look_of(&book, &kit.settings);
    let same_look = former.is_some_and(|making| making.seen == look) && reason != Reason::Site;
    let render =
        if same_look { None } else { Some(super::make::fresh(&kit.render, &book, &kit.settings)?) };
    let inputs = Inputs {
        render: render.as_ref().unwrap_or(&kit.render),
        settings: &kit.settings,
        index: &index,
        levels,
        together,
        now,
        studio: Some(studio),
        former: match before {
            Before::Run(_) => None,
            Before::Edition(edition, _) => Some(edition),
        },
        kept,
        is_dated: true,
        is_edit: former.is_some() && reason != Reason::Moment,
    };
    let edition = make(inputs)?;
    if former.is_none()
        && let Some(render) = &render
    {
        kit.render.adopt(render);
    }
    Ok(Fresh { book, edition, index, render, openings: new, unnoted })
}

/// Whether an edit leaves every SKU and every mark as it was: then it says nothing about stock.
fn has_same_stock(making: &Making, book: &Book) -> bool {
    let (was, is) = (&making.book.catalog, &book.catalog);
    let marks = |product: &Product| -> Vec<Option<u32>> {
        product.variants.iter().map(|variant| variant.low).collect()
    };
    let touched = differences_of_shared(&was.products, &is.products, Arc::ptr_eq);
    let same = |slug: &&String| match (was.products.get(*slug), is.products.get(*slug)) {
        (Some(before), Some(product)) => marks(before) == marks(product),
        _ => false,
    };
    Arc::ptr_eq(&was.skus, &is.skus)
        && was.shop.stock_low == is.shop.stock_low
        && touched.iter().all(same)
}

/// Stock as the database has it and the files add to it; and what the files add.
pub(super) fn levels_of(kit: &Kit, book: &Book) -> Result<(Arc<Levels>, Vec<Opening>), Fault> {
    let openings = openings(&book.catalog);
    let known =
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(stock::listed_states(read)?))?;
    let is_new = |o: &&Opening| known.get(&o.sku).is_none_or(|level| level.low != o.low);
    let new = openings.iter().filter(is_new).cloned().collect();
    Ok((Arc::new(with_new(&openings, known)), new))
}

/// What is often bought together, read again only when it is something else than before.
fn together_of(kit: &Kit, former: Option<&Arc<Making>>) -> Result<Arc<Together>, Fault> {
    let read = |read: &Read| {
        let revision = Together::revision_now(read)?;
        match former.filter(|making| making.together.revision == revision) {
            Some(making) => Ok(Arc::clone(&making.together)),
            None => Ok::<_, Failure<Never>>(Arc::new(Together::load(read)?)),
        }
    };
    Ok(kit.db.read_blocking(read)?)
}

/// Notes SKUs that are new or have another low mark, and prices that are shown from now on.
fn record(
    kit: &Kit,
    catalog: &Arc<Catalog>,
    openings: Vec<Opening>,
    prices: Vec<Unnoted>,
) -> Result<(), Fault> {
    if openings.is_empty() && prices.is_empty() {
        return Ok(());
    }
    let (now, catalog) = (kit.now(), Arc::clone(catalog));
    kit.db.write_blocking(move |tx| {
        let marked = stock::open_new(tx, &openings, now)?;
        stock::watch(tx, &catalog, &marked, now)?;
        note_shown(tx, &prices)?;
        Ok::<_, Failure<Never>>(())
    })?;
    Ok(())
}

pub(super) fn has_same_shelves(one: &Book, other: &Book) -> bool {
    one.catalog.categories == other.catalog.categories && one.catalog.shop == other.catalog.shop
}
