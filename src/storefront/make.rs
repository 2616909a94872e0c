//! Making an edition: what is still true is taken over from the one before, the rest is drawn on
//! all cores.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::context::{Making, globals, seen};
use super::edition::{Edition, Files, Ready, asset, document, is_document, page, states_of};
use super::found::{Icons, documents, page_disagreements};
use super::keys::Keys;
use super::pages;
use super::pictures::Pictures;
use super::plan::{Plan, plan};
use super::touched::{has_same_pictures, touched};
use crate::base::{Fault, Instant};
use crate::catalog::Catalog;
use crate::platform::config::Settings;
use crate::platform::images::Studio;
use crate::platform::render::Render;
use crate::platform::render::tokens::Tokens;
use crate::platform::telemetry;
use crate::pricing::Book;
use crate::recommend::Together;
use crate::search::{Index, Levels};
use crate::stock::{Level, Opening};

/// Pages a thread should have to draw before it is worth starting one.
const SHARE_MIN: usize = 8;

/// What an edition is made from.
pub(super) struct Inputs<'a> {
    pub render: &'a Render,
    pub settings: &'a Settings,
    pub index: &'a Arc<Index>,
    pub levels: Arc<Levels>,
    pub together: Arc<Together>,
    pub now: Instant,
    pub studio: Option<&'a Studio>,
    pub former: Option<&'a Edition>,
    /// Files an earlier run of the shop has left.
    pub kept: Option<&'a Files>,
    /// Whether pages say on which day goods arrive: those of a shop that makes them anew.
    pub is_dated: bool,
    /// Whether somebody has edited something: what is drawn for them is read back.
    pub is_edit: bool,
}

/// Templates, styles and words read anew, with what every page sees of this book.
///
/// # Errors
/// When one of them is wrong.
pub(super) fn fresh(render: &Render, book: &Book, settings: &Settings) -> Result<Render, Fault> {
    render.fresh(&book.catalog.shop.locale, globals(book, settings, telemetry::build()))
}

/// Templates as a running shop has them, for commands that draw beside it.
///
/// # Errors
/// When one of them is wrong.
pub fn dressed(render: &Render, book: &Book, settings: &Settings) -> Result<Render, Fault> {
    let render = render.clone().forgiving();
    fresh(&render, book, settings)
}

/// Names what every page sees of a book, templates aside.
pub(super) fn look_of(book: &Book, settings: &Settings) -> u64 {
    let mut hasher = DefaultHasher::new();
    seen(book, settings).hash(&mut hasher);
    hasher.finish()
}

/// Makes a whole edition from nothing: every page, the files beside them, assets, pictures and old
/// addresses; the templates used come with them.
///
/// # Errors
/// When a template is missing or wrong.
pub fn prepare(
    render: &Render,
    settings: &Settings,
    index: &Index,
    levels: Levels,
    together: Together,
    now: Instant,
) -> Result<(Edition, Render), Fault> {
    let render = fresh(render, index.book(), settings)?;
    let inputs = Inputs {
        render: &render,
        settings,
        index: &Arc::new(index.clone()),
        levels: Arc::new(levels),
        together: Arc::new(together),
        now,
        studio: None,
        former: None,
        kept: None,
        is_dated: false,
        is_edit: false,
    };
    let edition = with_documents(make(inputs)?, settings, &render)?;
    Ok((edition, render))
}

/// Makes the pages and gathers assets, pictures and old addresses.
///
/// # Errors
/// When a template is missing or wrong.
pub(super) fn make(inputs: Inputs<'_>) -> Result<Edition, Fault> {
    let Inputs { render, settings, index, levels, together, now, studio, former, kept, .. } =
        inputs;
    let (is_dated, is_edit) = (inputs.is_dated, inputs.is_edit);
    let known = former.map(|former| &former.files).or(kept);
    let book = Arc::clone(index.book());
    let catalog = &book.catalog;
    let seen = look_of(&book, settings);
    let mut look = DefaultHasher::new();
    (seen, render.digest()).hash(&mut look);
    let states = former
        .filter(|former| Arc::ptr_eq(&former.making.levels, &levels))
        .map_or_else(|| Arc::new(states_of(&levels)), |former| Arc::clone(&former.states));
    let base_url = settings.public_url.clone();
    let of_former = former.map(|former| &*former.making);
    let mut making = Making::new(index, levels, together, now, base_url, look.finish(), of_former)
        .in_words_of(render);
    making.seen = seen;
    if is_dated {
        making = making.dated();
    }
    let arrives_else = making.arrival.and_then(|arrival| arrival.until);
    let mut files = render_all(&making, render, former, kept, is_edit)?;
    for (url, found) in render.assets().iter() {
        let known = known.and_then(|known| known.get_key_value(url.as_str()));
        let (url, file) = match known {
            Some((url, file)) => (Arc::clone(url), Arc::clone(file)),
            None => {
                let file = asset(found.content_type, found.body.clone())?;
                (url.as_str().into(), Arc::new(Ready::new(0, file)))
            }
        };
        files.insert(url, file);
    }
    Ok(Edition {
        files,
        pictures: match former {
            Some(former) if has_same_pictures(former.making.catalog(), catalog) => {
                former.pictures.clone()
            }
            _ => Pictures::new(catalog, &settings.content_dir, studio),
        },
        redirects: catalog.redirects.iter().map(|r| (r.from.clone(), r.to.clone())).collect(),
        revision: book.revision.clone(),
        states,
        stale_at: making.sales_at.into_iter().chain(arrives_else).min(),
        making: Arc::new(making),
        icons: former.and_then(|former| former.icons.clone()),
        is_documented: false,
    })
}

/// The edition with the files beside the pages: sitemap, feeds, icons. They say what the whole
/// catalog says, so they are made after the pages and do not hold them up.
///
/// # Errors
/// When an icon cannot be drawn.
pub(super) fn with_documents(
    mut edition: Edition,
    settings: &Settings,
    render: &Render,
) -> Result<Edition, Fault> {
    let making = Arc::clone(&edition.making);
    let (catalog, now) = (making.catalog(), making.now);
    let icons = icons(catalog, settings, render, edition.icons.take())?;
    // Until the day a page changed is kept, the day a product joined the shop stands for it.
    let joined = |path: &str| {
        let slug = path.strip_prefix("/product/")?.strip_suffix('/')?;
        let today = now.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date();
        catalog.products.get(slug)?.published.filter(|day| *day <= today)
    };
    let mut known: Files = edition.files.extract_if(|path, file| is_document(path, file)).collect();
    for file in documents(&making.found, &making.told, &plan(catalog), &icons, &joined) {
        let (path, file) = document(file)?;
        // One that says the same is packed already.
        let same = known.remove(path.as_str()).filter(|known| known.hash() == file.hash());
        let ready = same.unwrap_or_else(|| Arc::new(Ready::new(0, file)));
        edition.files.insert(path.into(), ready);
    }
    edition.icons = Some(icons);
    edition.is_documented = true;
    Ok(edition)
}

/// Icons in the colours of the style sheet, from the shop's own picture where it names one; the
/// former ones where they would be drawn the same.
fn icons(
    catalog: &Catalog,
    settings: &Settings,
    render: &Render,
    former: Option<Arc<Icons>>,
) -> Result<Arc<Icons>, Fault> {
    let assets = render.assets();
    let css = assets.url("css/shop.css").and_then(|url| {
        let style = assets.iter().find(|(known, _)| **known == url)?;
        Some(String::from_utf8_lossy(&style.1.body).into_owned())
    });
    let tokens = Tokens::read(&css.unwrap_or_default());
    let named = catalog.shop.presence.icon.as_ref();
    let place = named.map(|name| settings.content_dir.join("images").join(name));
    let read = place.map(|place| std::fs::read(&place).map(|bytes| (place, bytes)));
    let picture = read.and_then(|read| match read {
        Ok(read) => Some(read),
        Err(error) => {
            tracing::error!(%error, "the picture of the icons is not there; a monogram stands in");
            None
        }
    });
    let bytes = picture.as_ref().map(|(_, bytes)| bytes.as_slice());
    if let Some(former) = former.filter(|former| former.fit(&catalog.shop, &tokens, bytes)) {
        return Ok(former);
    }
    let drawn = Icons::draw(&catalog.shop, &tokens, bytes).or_else(|fault| {
        let file = picture.as_ref().map(|(place, _)| place.display().to_string());
        tracing::error!(file, %fault, "icons cannot be made of it; a monogram stands in");
        Icons::draw(&catalog.shop, &tokens, None)
    });
    drawn.map(Arc::new)
}

/// Takes pages over from the edition before where they are made of the same, and renders the
/// others on all cores.
fn render_all(
    making: &Making,
    render: &Render,
    former: Option<&Edition>,
    kept: Option<&Files>,
    is_edit: bool,
) -> Result<Files, Fault> {
    let (keys, known) = (Keys::new(making), former.map(|former| &former.files).or(kept));
    let few = former.and_then(|former| Some((touched(&former.making, making, &keys)?, former)));
    let (plans, mut files) = match few {
        Some((plans, former)) => (plans, former.files.clone()),
        None => {
            let plans = plan(making.catalog());
            let mut files = HashMap::with_capacity(plans.len() + 64);
            // Pages that are open in a browser still ask for the styles they were made with; the
            // files beside the pages follow in a moment.
            let beside = former.iter().flat_map(|former| &former.files);
            let beside = beside.filter(|(_, file)| file.key == 0);
            files.extend(beside.map(|(path, file)| (Arc::clone(path), Arc::clone(file))));
            (plans, files)
        }
    };
    let mut wanted: Vec<(&Plan, String, u64)> = Vec::new();
    for plan in &plans {
        let (path, key) = (plan.path(), keys.of(plan));
        match known.and_then(|known| known.get_key_value(path.as_str())) {
            Some((path, file)) if file.key == key => {
                files.insert(Arc::clone(path), Arc::clone(file));
            }
            _ => wanted.push((plan, path, key)),
        }
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(wanted.len().div_ceil(SHARE_MIN)).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::with_capacity(wanted.len() / threads + 1);
        while let Some((plan, path, key)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            let html = pages::render(making, render, plan)?;
            // What is drawn for an edit is read back; a whole shop is by `kiosk check` and `build`.
            if is_edit {
                compare(making, plan, &html);
            }
            let file = Ready::new(*key, page(&html)?);
            made.push((Arc::from(path.as_str()), Arc::new(file)));
        }
        Ok::<_, Fault>(made)
    };
    if threads == 1 {
        files.extend(work()?);
        return Ok(files);
    }
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let made = worker.join().map_err(|_| Fault::new("a page made the renderer panic"))?;
            files.extend(made?);
        }
        Ok(files)
    })
}

/// Logs what a product's page and its structured data do not agree on.
fn compare(making: &Making, plan: &Plan, html: &str) {
    let Plan::Product(slug) = plan else { return };
    let Some(product) = making.catalog().products.get(*slug) else { return };
    for why in page_disagreements(&making.found, &making.told, product, html) {
        tracing::error!(why, "page and structured data disagree");
    }
}

/// Levels as they will be once the files' new SKUs are noted.
pub(super) fn with_new(openings: &[Opening], mut known: Levels) -> Levels {
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
pub(super) fn openings(catalog: &Catalog) -> Vec<Opening> {
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
