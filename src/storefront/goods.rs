//! What the pages share, made once for an edition and kept for the next as long as it is true:
//! products in the order shelves show them, and their cards.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value as TemplateValue;
use minijinja::value::Serde;

use super::places::{Places, has_same_name, have_same_places, place_of, shelves_of};
use crate::base::{Fault, Instant};
use crate::catalog::{Catalog, Picture, Product, Shop};
use crate::platform::images::Format;
use crate::platform::render::Render;
use crate::search::{Card, Levels, card, is_new, max_qty_of, state_of};
use crate::stock::{Level, State};

/// The template that draws one card.
const CARD: &str = "parts/card_alone.html";

/// Live products by slug, with what lists show of them.
pub(super) struct Goods {
    all: Vec<Good>,
    /// What stands where, as long as nothing moves.
    places: Arc<Places>,
    /// Where the last one was found: they are mostly asked for one after the other.
    last: AtomicUsize,
}

/// One product and its card.
#[derive(Clone)]
pub(super) struct Good {
    pub product: Arc<Product>,
    pub slot: Arc<Slot>,
}

/// A product's card, drawn when the first page asks for it.
pub(super) struct Slot {
    /// Names everything a page can show of the product.
    pub digest: u64,
    /// Names what filters count of it.
    pub traits: u64,
    pub is_gone: bool,
    drawn: Mutex<Drawn>,
}

/// What was made of a product so far.
#[derive(Default)]
struct Drawn {
    card: Option<Arc<Card>>,
    in_list: Option<TemplateValue>,
    beside: Option<TemplateValue>,
}

/// How pages show a card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// In a list of a shelf, with a row to buy it.
    InList,
    /// Among others below something else.
    Beside,
}

impl Goods {
    /// Gathers the live products; what `former` has of those that are still the same is kept. At
    /// the same moment, with the same stock, no sale begun and no day gone by, only an edit can
    /// have changed one.
    pub(super) fn new(
        catalog: &Catalog,
        levels: &Levels,
        now: Instant,
        former: Option<&Self>,
        is_same_moment: bool,
    ) -> Self {
        let shop = &catalog.shop;
        let mut before = former.map_or(&[] as &[Good], |former| &former.all).iter().peekable();
        let mut kept = |product: &Arc<Product>| {
            // Most are the very same, which is seen without looking at either.
            if is_same_moment
                && let Some(good) = before.next_if(|good| Arc::ptr_eq(&good.product, product))
            {
                return Some(good.clone());
            }
            if !product.is_live() {
                return None;
            }
            // Both are in the order of their slugs.
            while before.next_if(|good| good.product.slug < product.slug).is_some() {}
            let good = before.next_if(|good| good.product.slug == product.slug)?;
            (good.slot.digest == Slot::digest_of(product, shop, levels, now))
                .then(|| Good { product: Arc::clone(product), slot: Arc::clone(&good.slot) })
        };
        let make = |product: &Arc<Product>| {
            product.is_live().then(|| {
                let slot = Arc::new(Slot::new(product, shop, levels, now));
                Good { product: Arc::clone(product), slot }
            })
        };
        let products = catalog.products.values();
        let all: Vec<Good> = products.filter_map(|p| kept(p).or_else(|| make(p))).collect();
        let same = former.filter(|former| have_same_places(&former.all, &all));
        let places = match (same, former) {
            (Some(same), _) => Arc::clone(&same.places),
            (None, Some(former)) => {
                let moved = former.places.moved(&former.all, &all);
                Arc::new(moved.unwrap_or_else(|| Places::of(&all, &former.places.order)))
            }
            (None, None) => Arc::new(Places::of(&all, &[])),
        };
        Self { all, places, last: AtomicUsize::new(0) }
    }

    /// The product of a page.
    pub(super) fn find(&self, slug: &str) -> Option<&Good> {
        self.all.get(self.position(slug)?)
    }

    /// Where the product of a page stands among all.
    pub(super) fn position(&self, slug: &str) -> Option<usize> {
        let last = self.last.load(Ordering::Relaxed);
        let mut near = [last, last + 1].into_iter();
        let is_here = |at: &usize| self.all.get(*at).is_some_and(|good| good.product.slug == slug);
        let search = || self.all.binary_search_by(|good| good.product.slug.as_str().cmp(slug)).ok();
        let at = near.find(is_here).or_else(search)?;
        self.last.store(at, Ordering::Relaxed);
        Some(at)
    }

    /// The one at a position.
    pub(super) fn at(&self, at: usize) -> &Good {
        &self.all[at]
    }

    /// Positions of those that pages show otherwise than in `former`; nothing when others are sold
    /// now, or one stands on another shelf.
    pub(super) fn changed_since(&self, former: &Self) -> Option<Vec<usize>> {
        if self.all.len() != former.all.len() {
            return None;
        }
        let mut changed = Vec::new();
        for (at, (was, is)) in former.all.iter().zip(&self.all).enumerate() {
            if Arc::ptr_eq(&was.slot, &is.slot) {
                continue;
            }
            if !has_same_name(was, is) {
                return None;
            }
            changed.push(at);
        }
        Some(changed)
    }

    /// Tells the positions of those that stand up to so many places before one, on every shelf it
    /// is on; behind the first of a shelf stands its last.
    pub(super) fn each_before(&self, at: usize, count: usize, mut tell: impl FnMut(usize)) {
        let good = &self.all[at];
        for path in shelves_of(&good.product.category) {
            let places = self.places.shelves.get(path).map_or(&[] as &[u32], Vec::as_slice);
            let key = place_of(good);
            let find = |other: &u32| place_of(&self.all[*other as usize]).cmp(&key);
            let Ok(here) = places.binary_search_by(find) else { continue };
            for back in 1..=count.min(places.len() - 1) {
                tell(places[(here + places.len() - back) % places.len()] as usize);
            }
        }
    }

    /// Forgets what was drawn: the pages of a large shop are kept elsewhere, and an edit draws
    /// the few cards it needs again.
    pub(super) fn forget_drawn(&self) {
        self.all.iter().for_each(|good| *good.slot.drawn() = Drawn::default());
    }

    /// All of them, by slug.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Good> {
        self.all.iter()
    }

    /// Those on a shelf and inside it, in the order shown.
    pub(super) fn on_shelf(&self, path: &str) -> impl ExactSizeIterator<Item = &Good> + Clone {
        let places = self.places.shelves.get(path).map_or(&[] as &[u32], Vec::as_slice);
        places.iter().map(|at| &self.all[*at as usize])
    }

    /// Those on a shelf, beginning behind one of them and coming round to it.
    pub(super) fn after<'a>(
        &'a self,
        path: &str,
        slug: &'a str,
    ) -> impl Iterator<Item = &'a Good> + use<'a> {
        let places = self.places.shelves.get(path).map_or(&[] as &[u32], Vec::as_slice);
        let start = self.position(slug).and_then(|here| {
            let good = &self.all[here];
            if good.product.category == path {
                return Some(self.places.own[here] as usize);
            }
            let key = place_of(good);
            places.binary_search_by(|at| place_of(&self.all[*at as usize]).cmp(&key)).ok()
        });
        let start = start.map_or(0, |at| at + 1);
        let round = places[start..].iter().chain(&places[..start]);
        round.map(|at| &self.all[*at as usize]).filter(move |good| good.product.slug != slug)
    }
}

impl Slot {
    fn new(product: &Product, shop: &Shop, levels: &Levels, now: Instant) -> Self {
        let gone = |sku| state_of(levels, sku) == State::SoldOut;
        Self {
            digest: Self::digest_of(product, shop, levels, now),
            traits: traits_of(product, levels, now),
            is_gone: product.variants.iter().all(|v| gone(&v.sku)),
            drawn: Mutex::default(),
        }
    }

    /// Stock and time can change what is said about a product; so can sizes of its pictures.
    fn digest_of(product: &Product, shop: &Shop, levels: &Levels, now: Instant) -> u64 {
        let mut hasher = DefaultHasher::new();
        let is_new = product.published.is_some_and(|day| is_new(day, now));
        (product.digest, product.image_ready, is_new).hash(&mut hasher);
        for v in &product.variants {
            let level = levels.get(&v.sku);
            let state = level.map(Level::state);
            let left = level.filter(|level| level.state() == State::Low).map(Level::free);
            let most = max_qty_of(shop, levels, v);
            (v.price_at(now), v.prior_minor, state, left, most).hash(&mut hasher);
        }
        product.images.iter().for_each(|picture| hash_picture(picture, &mut hasher));
        hasher.finish()
    }

    /// The card, as values.
    pub(super) fn card(
        &self,
        catalog: &Catalog,
        product: &Product,
        levels: &Levels,
        now: Instant,
    ) -> Arc<Card> {
        let mut drawn = self.drawn();
        Arc::clone(drawn.card.get_or_insert_with(|| Arc::new(card(catalog, product, levels, now))))
    }

    /// The card, drawn.
    ///
    /// # Errors
    /// When the template is wrong.
    pub(super) fn shown(
        &self,
        render: &Render,
        shown: Shown,
        card: impl FnOnce() -> TemplateValue,
    ) -> Result<TemplateValue, Fault> {
        let known = match shown {
            Shown::InList => self.drawn().in_list.clone(),
            Shown::Beside => self.drawn().beside.clone(),
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let html = draw(render, shown, card())?;
        let mut drawn = self.drawn();
        match shown {
            Shown::InList => drawn.in_list = Some(html.clone()),
            Shown::Beside => drawn.beside = Some(html.clone()),
        }
        Ok(html)
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Draws one card.
///
/// # Errors
/// When the template is wrong.
pub(super) fn draw(
    render: &Render,
    shown: Shown,
    card: TemplateValue,
) -> Result<TemplateValue, Fault> {
    let in_list = shown == Shown::InList;
    let html = render.page(CARD, minijinja::context! { c => card, in_list })?;
    Ok(TemplateValue::from_safe_string(html))
}

/// What of a picture can change without its file.
pub(super) fn hash_picture(picture: &Picture, hasher: &mut DefaultHasher) {
    let kinds = picture.developed.as_ref().map(|made| made.renditions(Format::Avif).len());
    (&picture.url, &picture.alt, kinds).hash(hasher);
}

fn traits_of(product: &Product, levels: &Levels, now: Instant) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&product.tags, product.tier, &product.category, product.price_range(now)).hash(&mut hasher);
    for axis in &product.options {
        (&axis.name, &axis.values).hash(&mut hasher);
    }
    for v in &product.variants {
        (&v.options, state_of(levels, &v.sku)).hash(&mut hasher);
    }
    hasher.finish()
}

/// A card as templates take it.
pub(super) fn as_value(card: &Card) -> TemplateValue {
    TemplateValue::from(Serde(card.clone()))
}
