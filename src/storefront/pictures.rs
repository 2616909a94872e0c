//! Pictures beside the pages: which files answer which address, and what is still to be made of
//! them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::base::differences_of_shared;
use crate::catalog::{Catalog, Picture, Product};
use crate::platform::images::{Developed, Format, Job, Studio};
use crate::pricing::Book;

/// Widest size that takes the place of an untouched file, in pixels.
const SUCCESSOR_PX: u32 = 640;

/// Picture files by address.
#[derive(Clone)]
pub struct Pictures {
    /// Untouched files, as long as nothing has been made of them.
    originals: Arc<HashMap<String, PathBuf>>,
    /// Pictures of which other sizes are ready, by the address of the untouched file.
    developed: Arc<BTreeMap<String, Picture>>,
    studio: Option<Studio>,
}

impl Pictures {
    /// Those of a catalog whose files lie in the folder `content`.
    #[must_use]
    pub fn new(catalog: &Catalog, content: &Path, studio: Option<&Studio>) -> Self {
        let folder = content.join("images");
        let (mut originals, mut developed) = (HashMap::new(), BTreeMap::new());
        let mut seen = FxHashSet::default();
        for picture in all(catalog) {
            // Many products may share a picture.
            if !seen.insert(picture.url.as_str()) {
                continue;
            }
            if picture.developed.is_some() {
                developed.insert(picture.url.clone(), picture.clone());
            } else {
                originals.insert(picture.url.clone(), folder.join(&picture.file));
            }
        }
        Self {
            originals: Arc::new(originals),
            developed: Arc::new(developed),
            studio: studio.cloned(),
        }
    }

    /// The file behind an address.
    #[must_use]
    pub fn file(&self, url: &str) -> Option<PathBuf> {
        if let Some(file) = self.originals.get(url) {
            return Some(file.clone());
        }
        // `/images/<name>.<digest>-<width>.<kind>`
        let (stem, kind) = url.strip_prefix("/images/")?.rsplit_once('.')?;
        let (named, width) = stem.rsplit_once('-')?;
        let digest = named.rsplit_once('.')?.1;
        let format = Format::from_extension(kind)?;
        self.studio.as_ref()?.file(digest, width.parse().ok()?, format)
    }

    /// Where a picture is that was shown untouched before other sizes of it were ready: an order
    /// keeps the address its pictures had when it was placed.
    #[must_use]
    pub fn successor(&self, url: &str) -> Option<String> {
        self.developed.get(url).map(|picture| picture.jpeg_within(SUCCESSOR_PX).0)
    }

    /// Every address and its file, in order: for a copy of the site.
    #[must_use]
    pub fn list(&self) -> BTreeMap<String, PathBuf> {
        let mut all: BTreeMap<String, PathBuf> =
            self.originals.iter().map(|(url, file)| (url.clone(), file.clone())).collect();
        for picture in self.developed.values() {
            for format in Format::ALL {
                let made = picture.developed.iter().flat_map(|made| made.renditions(format));
                let urls = made.map(|r| picture.rendition_url(r.width, format));
                all.extend(urls.filter_map(|url| Some((url.clone(), self.file(&url)?))));
            }
        }
        all
    }
}

/// Every picture of a catalog.
fn all(catalog: &Catalog) -> impl Iterator<Item = &Picture> {
    catalog.products.values().flat_map(of_product).chain(beside_products(catalog))
}

/// Every picture but those of products.
fn beside_products(catalog: &Catalog) -> impl Iterator<Item = &Picture> {
    let of_bundles = catalog.bundles.values().flat_map(|bundle| &bundle.images);
    let of_shelves = catalog.categories.iter().filter_map(|category| category.image.as_ref());
    let in_bundles = catalog.bundles.values().flat_map(|bundle| &bundle.description.pictures);
    let in_pages = catalog.pages.iter().flat_map(|page| &page.body.pictures);
    let shown = of_bundles.chain(of_shelves).chain(catalog.shop.home_image.as_ref());
    shown.chain(in_bundles).chain(in_pages)
}

fn of_product(product: &Arc<Product>) -> impl Iterator<Item = &Picture> {
    product.images.iter().chain(&product.description.pictures)
}

/// Every digest a catalog needs something made of.
pub(super) fn digests(catalog: &Catalog) -> HashSet<String> {
    all(catalog).map(|picture| picture.digest.clone()).collect()
}

/// Pictures nothing has been made of yet, each once.
pub(super) fn undeveloped(catalog: &Catalog, content: &Path, studio: &Studio) -> Vec<Job> {
    wanting(catalog, content, |picture| studio.developed(&picture.digest).is_none())
}

/// Pictures whose lightest kind is still missing, each once.
pub(super) fn without_avif(catalog: &Catalog, content: &Path, studio: &Studio) -> Vec<Job> {
    wanting(catalog, content, |picture| {
        studio.developed(&picture.digest).is_some_and(|made| made.wants_avif())
    })
}

fn wanting(catalog: &Catalog, content: &Path, wants: impl Fn(&Picture) -> bool) -> Vec<Job> {
    let mut seen = HashSet::new();
    let wanted = all(catalog).filter(|picture| !picture.digest.is_empty() && wants(picture));
    let once = wanted.filter(|picture| seen.insert(picture.digest.clone()));
    let source = |picture: &Picture| content.join("images").join(&picture.file);
    once.map(|p| Job { source: source(p), digest: p.digest.clone() }).collect()
}

/// The book with what is ready of every picture; the same when nothing is new. Of products that
/// stand in `known` as well, where nothing has been developed since, everything is there.
#[must_use]
pub(super) fn with_developed(
    book: Arc<Book>,
    studio: &Studio,
    known: Option<&Catalog>,
) -> Arc<Book> {
    let ready = |picture: &Picture| newer(picture, studio).is_some();
    let products = &book.catalog.products;
    let is_ready = |product: &Arc<Product>| of_product(product).any(ready);
    let has_new = match known.map(|known| &known.products) {
        Some(known) => {
            let edited = differences_of_shared(known, products, Arc::ptr_eq);
            edited.into_iter().filter_map(|slug| products.get(slug)).any(is_ready)
        }
        None => products.values().any(is_ready),
    };
    if !has_new && !beside_products(&book.catalog).any(ready) {
        return book;
    }
    let mut catalog = (*book.catalog).clone();
    for product in catalog.products.values_mut() {
        let in_words = product.description.pictures.iter().any(ready);
        if in_words || product.images.iter().any(ready) {
            let product = Arc::make_mut(product);
            let pictures = product.images.iter_mut().chain(&mut product.description.pictures);
            pictures.for_each(|picture| take(picture, studio));
            if in_words {
                product.redraw_words();
            }
        }
    }
    let in_words = catalog.pages.iter_mut().flat_map(|page| &mut page.body.pictures);
    in_words.for_each(|picture| take(picture, studio));
    let bundles = catalog
        .bundles
        .values_mut()
        .flat_map(|bundle| bundle.images.iter_mut().chain(&mut bundle.description.pictures));
    let shelves = catalog.categories.iter_mut().filter_map(|category| category.image.as_mut());
    let home = catalog.shop.home_image.as_mut();
    bundles.chain(shelves).chain(home).for_each(|picture| take(picture, studio));
    Arc::new(Book { catalog: Arc::new(catalog), ..(*book).clone() })
}

fn newer(picture: &Picture, studio: &Studio) -> Option<Arc<Developed>> {
    if picture.developed.as_ref().is_some_and(|made| !made.wants_avif()) {
        return None;
    }
    let made = studio.developed(&picture.digest)?;
    let known = picture.developed.as_ref();
    let avif = |made: &Developed| made.renditions(Format::Avif).len();
    known.is_none_or(|known| avif(known) != avif(&made)).then_some(made)
}

fn take(picture: &mut Picture, studio: &Studio) {
    if let Some(made) = newer(picture, studio) {
        picture.developed = Some(made);
    }
}
