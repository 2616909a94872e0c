//! Making an edition and putting it in force.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arc_swap::ArcSwap;

use super::context::{Making, globals};
use super::edition::{Current, Edition, asset, document, page, states_of};
use super::found::{Icons, Tokens, documents, page_disagreements};
use super::news::NewsBoard;
use super::pages;
use super::plan::{Plan, plan};
use crate::base::fault::{Doing, Failure, Never};
use crate::base::{Fault, Instant};
use crate::catalog::Catalog;
use crate::platform::Kit;
use crate::platform::config::Settings;
use crate::platform::render::Render;
use crate::platform::web::Prebuilt;
use crate::pricing::{Book, Books};
use crate::search::{Index, Levels, Searching};
use crate::stock::{self, Level, Opening};

/// Version and commit, as pages and logs tell it.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

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
    /// Held while an edition is made, so that an older one never overtakes a newer.
    publishing: Arc<Mutex<()>>,
}

impl Shelf {
    /// Makes the first edition and puts it in force.
    ///
    /// # Errors
    /// When a template is wrong or the database fails.
    pub fn open(kit: &Kit, book: Arc<Book>) -> Result<Self, Fault> {
        let (edition, index) = record_and_make(kit, &book)?;
        let current = Arc::new(ArcSwap::from_pointee(edition));
        let news = NewsBoard::default();
        let (books, searching) = (Books::new(book), Searching::new(index));
        Ok(Self { books, searching, current, news, publishing: Arc::default() })
    }

    /// Makes a new edition and swaps it in, prices and pages together. On an error the old one
    /// stays.
    ///
    /// # Errors
    /// When a template is wrong or the database fails.
    pub fn publish(&self, kit: &Kit, book: Arc<Book>) -> Result<(), Fault> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        self.swap_in(kit, book)
    }

    /// Makes the pages of the book in force anew, because stock or time has changed them.
    ///
    /// # Errors
    /// As [`Shelf::publish`].
    pub fn refresh(&self, kit: &Kit) -> Result<(), Fault> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        self.swap_in(kit, self.books.now())
    }

    fn swap_in(&self, kit: &Kit, book: Arc<Book>) -> Result<(), Fault> {
        let (mut edition, index) = record_and_make(kit, &book)?;
        // Pages that are open in a browser still ask for the styles they were made with.
        for (url, file) in &self.current.load().files {
            if url.starts_with("/assets/") && !edition.files.contains_key(url) {
                edition.files.insert(url.clone(), file.clone());
            }
        }
        self.books.publish(book);
        self.searching.publish(index);
        self.current.store(Arc::new(edition));
        self.news.published();
        Ok(())
    }

    /// Packs the edition in force, so that it travels smaller. It is served plain until then.
    ///
    /// # Errors
    /// Never in practice.
    pub fn pack(&self) -> Result<(), Fault> {
        let plain = self.current.load_full();
        let packed = Arc::new(plain.packed()?);
        // Only if nobody published meanwhile.
        self.current.compare_and_swap(&plain, packed);
        Ok(())
    }

    /// The edition in force.
    #[must_use]
    pub fn now(&self) -> Arc<Edition> {
        self.current.load_full()
    }
}

/// Renders every page, then notes new SKUs, then puts the templates in force: nothing is written
/// for an edition that cannot be made.
fn record_and_make(kit: &Kit, book: &Arc<Book>) -> Result<(Edition, Arc<Index>), Fault> {
    let now = kit.now();
    let openings = openings(&book.catalog);
    let known =
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(stock::listed_states(read)?))?;
    let levels = with_new(&openings, known);
    let index = Arc::new(Index::of(book, &levels, now));
    let (edition, render) = prepare(&kit.render, &kit.settings, &index, levels, now)?;
    kit.db.write_blocking(move |tx| {
        stock::open_new(tx, &openings, now)?;
        Ok::<_, Failure<Never>>(())
    })?;
    kit.render.adopt(&render);
    Ok((edition, index))
}

/// Levels as they will be once the files' new SKUs are noted.
fn with_new(openings: &[Opening], mut known: Levels) -> Levels {
    for o in openings {
        if !known.contains_key(&o.sku) {
            let was = o.was.iter().find_map(|was| known.remove(was));
            let (on_hand, held) = was.map_or((o.opening, 0), |level| (level.on_hand, level.held));
            known.insert(o.sku.clone(), Level { sku: o.sku.clone(), on_hand, held, low: o.low });
        }
        if let Some(level) = known.get_mut(&o.sku) {
            level.low = o.low;
        }
    }
    known
}

/// What the files say about every SKU's stock.
fn openings(catalog: &Catalog) -> Vec<Opening> {
    let variants = catalog.products.values().flat_map(|product| &product.variants);
    variants
        .map(|v| Opening {
            sku: v.sku.clone(),
            was: v.sku_was.clone(),
            opening: v.opening,
            low: v.low.unwrap_or(catalog.shop.stock_low),
        })
        .collect()
}

/// Known levels, and for SKUs nobody has counted yet what the files open with.
#[must_use]
pub fn levels_or_opening(catalog: &Catalog, known: Levels) -> Levels {
    with_new(&openings(catalog), known)
}

/// Renders every page and gathers assets, pictures and old addresses; the templates used come
/// with them.
///
/// # Errors
/// When a template is missing or wrong.
pub fn prepare(
    render: &Render,
    settings: &Settings,
    index: &Index,
    levels: Levels,
    now: Instant,
) -> Result<(Edition, Render), Fault> {
    let book = index.book();
    let catalog = &book.catalog;
    let render = render.fresh(&catalog.shop.locale, globals(book, settings, BUILD))?;
    let states = states_of(&levels);
    let base_url = settings.public_url.clone();
    let making = Making::new(index, levels, now, base_url);
    let plans = plan(catalog);
    let mut files = render_all(&making, &render, &plans)?;
    let icons = icons(catalog, settings, &render)?;
    // Until the day a page changed is kept, the day a product joined the shop stands for it.
    let joined = |path: &str| {
        let slug = path.strip_prefix("/product/")?.strip_suffix('/')?;
        let today = now.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date();
        catalog.products.get(slug)?.published.filter(|day| *day <= today)
    };
    for file in documents(&making.found, &making.levels, &plans, &icons, &joined) {
        let (path, file) = document(file)?;
        files.insert(path, file);
    }
    for (url, found) in render.assets().iter() {
        files.insert(url.clone(), asset(found.content_type, found.body.clone())?);
    }
    let edition = Edition {
        files,
        pictures: pictures(catalog, &settings.content_dir),
        redirects: catalog.redirects.iter().map(|r| (r.from.clone(), r.to.clone())).collect(),
        revision: book.revision.clone(),
        states,
        stale_at: next_change(book, now),
    };
    Ok((edition, render))
}

/// Icons in the colours of the style sheet, from the shop's own picture where it names one.
fn icons(catalog: &Catalog, settings: &Settings, render: &Render) -> Result<Icons, Fault> {
    let assets = render.assets();
    let css = assets.url("css/shop.css").and_then(|url| {
        let style = assets.iter().find(|(known, _)| **known == url)?;
        Some(String::from_utf8_lossy(&style.1.body).into_owned())
    });
    let tokens = Tokens::read(&css.unwrap_or_default());
    let named = catalog.shop.presence.icon.as_ref();
    let place = named.map(|name| settings.content_dir.join("images").join(name));
    let bytes =
        place.map(|place| std::fs::read(&place).doing(&format!("reading {}", place.display())));
    Icons::draw(&catalog.shop, &tokens, bytes.transpose()?.as_deref())
}

/// Renders pages on all cores: each thread takes its share, the order does not matter.
fn render_all(
    making: &Making,
    render: &Render,
    plans: &[Plan],
) -> Result<HashMap<String, Prebuilt>, Fault> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = plans.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = plans
            .chunks(share)
            .map(|chunk| scope.spawn(move || render_some(making, render, chunk)))
            .collect();
        let mut files = HashMap::with_capacity(plans.len());
        for worker in workers {
            let made = worker.join().map_err(|_| Fault::new("a page made the renderer panic"))?;
            files.extend(made?);
        }
        Ok(files)
    })
}

fn render_some(
    making: &Making,
    render: &Render,
    plans: &[Plan],
) -> Result<Vec<(String, Prebuilt)>, Fault> {
    let make = |plan: &Plan| {
        let html = pages::render(making, render, plan)?;
        if let Plan::Product(slug) = plan
            && let Some(product) = making.catalog().products.get(*slug)
        {
            // A shop keeps selling with a template that shows a price wrongly, but not silently.
            for why in page_disagreements(&making.found, &making.levels, product, &html) {
                tracing::error!(why, "a page disagrees with its prices or stock");
            }
        }
        Ok((plan.path(), page(html)?))
    };
    plans.iter().map(make).collect()
}

/// Every picture a page may show, by address: the only files outside memory that are served.
fn pictures(catalog: &Catalog, content: &Path) -> HashMap<String, std::path::PathBuf> {
    let of_products = catalog.products.values().flat_map(|product| &product.images);
    let of_bundles = catalog.bundles.values().flat_map(|bundle| &bundle.images);
    let place = |file: &str| content.join("images").join(file);
    of_products.chain(of_bundles).map(|p| (p.url.clone(), place(&p.file))).collect()
}

/// The next moment at which a sale begins or ends: pages show prices, not promotions.
fn next_change(book: &Book, now: Instant) -> Option<Instant> {
    let products = book.catalog.products.values();
    let sales = products.flat_map(|p| &p.variants).filter_map(|v| v.sale.as_ref());
    let ends = sales.flat_map(|sale| [sale.from, sale.until]);
    ends.flatten().filter(|at| *at > now).min()
}
