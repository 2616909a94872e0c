//! Names for what a page is made from: as long as the name is the same, so is the page, and it is
//! taken over from the edition before.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::Date;
use rustc_hash::FxHashMap;

use super::context::Making;
use super::goods::hash_picture;
use super::page_product::{related, together};
use super::pages::{FEATURED, featured, picture_of_shop};
use super::plan::Plan;
use crate::catalog::{Bundle, Catalog};
use crate::search::BundleCard;

/// What is the same for all pages, and the parts that several need.
pub(super) struct Keys<'a> {
    making: &'a Making,
    /// Templates, menus, delivery, categories.
    common: u64,
    /// The days of arrival, for pages that say them.
    arrival: Option<(Date, Date)>,
    /// All bundles as lists show them.
    bundles: Vec<u64>,
    /// What stands for the shop where a page without a picture of its own is passed on.
    picture: u64,
    /// What filters count on a shelf, for all of its pages.
    shelves: RefCell<FxHashMap<String, u64>>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(making: &'a Making) -> Self {
        let mut common = DefaultHasher::new();
        (making.look, &making.base_url).hash(&mut common);
        let book = &making.book;
        format!("{:?} {:?}", book.zones, book.closed_weekdays).hash(&mut common);
        let bundles = making.bundles.iter().map(|card| bundle_card(making, card)).collect();
        let arrival = making.arrival.map(|arrival| (arrival.from, arrival.to));
        let mut picture = DefaultHasher::new();
        if let Some(shown) = picture_of_shop(making) {
            hash_picture(shown, &mut picture);
        }
        let (common, picture) = (common.finish(), picture.finish());
        Self { making, common, arrival, bundles, picture, shelves: RefCell::default() }
    }

    /// Whether what many pages share is the same.
    pub(super) fn has_same_frame(&self, other: &Self) -> bool {
        (self.common, self.arrival) == (other.common, other.arrival)
            && self.bundles == other.bundles
    }

    /// The name of what one page is made from.
    pub(super) fn of(&self, plan: &Plan<'_>) -> u64 {
        let mut key = DefaultHasher::new();
        self.common.hash(&mut key);
        if matches!(plan, Plan::Home | Plan::Product(_) | Plan::Bundle(_)) {
            self.arrival.hash(&mut key);
        }
        match plan {
            Plan::Home => self.home(&mut key),
            Plan::Category(path, page) => self.category(path, *page, &mut key),
            Plan::Product(slug) => self.product(slug, &mut key),
            Plan::Bundles(kind) => (kind, &self.bundles, self.picture).hash(&mut key),
            Plan::Bundle(slug) => {
                if let Some(bundle) = self.making.catalog().bundles.get(*slug) {
                    self.bundle(bundle, &mut key);
                }
                self.bundles.hash(&mut key);
            }
            Plan::Words(slug) => {
                let pages = &self.making.catalog().pages;
                let page = pages.iter().find(|page| page.slug == *slug);
                page.map(|page| (&page.title, &page.description, &page.body)).hash(&mut key);
                self.picture.hash(&mut key);
            }
        }
        key.finish()
    }

    fn home(&self, key: &mut DefaultHasher) {
        for good in featured(self.making).into_iter().take(FEATURED) {
            good.slot.digest.hash(key);
        }
        let catalog = self.making.catalog();
        catalog.shop.home_image.iter().for_each(|picture| hash_picture(picture, key));
        for category in &catalog.categories {
            let of_product = self.making.on_shelf(&category.path).find_map(|p| p.images.first());
            category.image.as_ref().or(of_product).iter().for_each(|p| hash_picture(p, key));
        }
        self.bundles.hash(key);
    }

    fn category(&self, path: &str, page: usize, key: &mut DefaultHasher) {
        let catalog = self.making.catalog();
        let size = catalog.shop.page_size as usize;
        let goods = self.making.goods.on_shelf(path);
        (page, goods.len()).hash(key);
        self.traits_on(path).hash(key);
        // Bundles stand first, so the page may begin that much earlier.
        let sets = self.making.bundles.len();
        let first = ((page - 1) * size).saturating_sub(sets);
        for good in goods.skip(first).take(size + sets) {
            good.slot.digest.hash(key);
        }
        for (card, digest) in self.making.bundles.iter().zip(&self.bundles) {
            let category = catalog.bundles.get(&card.slug).and_then(|b| b.category.as_ref());
            if category.is_some_and(|category| Catalog::is_within(category, path)) {
                digest.hash(key);
            }
        }
    }

    fn traits_on(&self, path: &str) -> u64 {
        let mut shelves = self.shelves.borrow_mut();
        if let Some(traits) = shelves.get(path) {
            return *traits;
        }
        let mut traits = DefaultHasher::new();
        self.making.goods.on_shelf(path).for_each(|good| good.slot.traits.hash(&mut traits));
        *shelves.entry(path.to_owned()).or_insert_with(|| traits.finish())
    }

    fn product(&self, slug: &str, key: &mut DefaultHasher) {
        let Some(good) = self.making.goods.find(slug) else { return };
        good.slot.digest.hash(key);
        let together = together(self.making, &good.product);
        together.len().hash(key);
        for other in together.into_iter().chain(related(self.making, &good.product)) {
            other.slot.digest.hash(key);
        }
        for set in self.making.sets_with(slug) {
            bundle_card(self.making, set).hash(key);
        }
    }

    fn bundle(&self, bundle: &Bundle, key: &mut DefaultHasher) {
        (&bundle.description, bundle.bundle_type.word(), &bundle.tags).hash(key);
        bundle.images.iter().for_each(|picture| hash_picture(picture, key));
        for item in &bundle.items {
            let part = self.making.catalog().find(&item.sku);
            let good = part.and_then(|(product, _)| self.making.goods.find(&product.slug));
            (&item.sku, item.qty, good.map(|good| good.slot.digest)).hash(key);
        }
    }
}

fn bundle_card(making: &Making, card: &BundleCard) -> u64 {
    let mut key = DefaultHasher::new();
    (&card.slug, &card.title, card.bundle_type, &card.tags, card.max_qty).hash(&mut key);
    (card.price_minor, card.regular_minor, card.saving_minor, card.availability).hash(&mut key);
    if let Some(bundle) = making.catalog().bundles.get(&card.slug) {
        bundle.images.iter().for_each(|picture| hash_picture(picture, &mut key));
        for item in &bundle.items {
            let Some((product, _)) = making.catalog().find(&item.sku) else { continue };
            (&product.title, &product.slug, &item.sku, item.qty).hash(&mut key);
            product.images.iter().for_each(|picture| hash_picture(picture, &mut key));
        }
    }
    key.finish()
}
