//! One edition of the shop: every page, asset, picture and old address, ready to be sent.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::ops::Deref;
use std::sync::Arc;
use std::thread;

use hyper::body::Bytes;

use super::context::Making;
use super::found::{Document, Icons};
use super::pictures::Pictures;
use super::touched::moved_sets;
use crate::base::ids::sha256_hex;
use crate::base::{Fault, Instant};
use crate::catalog::StockShow;
use crate::platform::web::{Encoding, Prebuilt};
use crate::search::Levels;
use crate::stock::{Level, State};

/// Pages are asked for again each time, answered 304 when nothing changed.
pub(super) const PAGE_CACHE: &str = "public, max-age=0, must-revalidate";
/// Names that carry a hash of their content may be kept for ever.
pub(super) const FOREVER: &str = "public, max-age=31536000, immutable";
/// Brotli quality: most of the gain at a fraction of the time.
const BROTLI_QUALITY: u32 = 5;
/// An edition of more files than this holds them packed only: some 14 kB each add up.
pub(super) const FILES_HELD_PLAIN_MAX: usize = 3000;
/// Bodies smaller than this are not worth packing, bytes.
const PACK_FROM: usize = 512;
/// Larger ones, the feeds of large shops, are read by programs; gzip is enough, bytes.
const BROTLI_MAX: usize = 1024 * 1024;

/// Files by address.
pub(super) type Files = HashMap<Arc<str>, Arc<Ready>>;

/// Everything that is the same for all readers, at one moment.
#[derive(Clone)]
pub struct Edition {
    /// Pages, documents and assets by address.
    pub files: HashMap<Arc<str>, Arc<Ready>>,
    /// Picture files by address.
    pub pictures: Pictures,
    /// Old addresses.
    pub redirects: HashMap<String, String>,
    /// Hash of the content it was made from.
    pub revision: String,
    /// What each page says about stock; when it changes, pages must be made anew.
    pub states: Arc<BTreeMap<String, (State, u32)>>,
    /// The next moment at which a price or a day of arrival changes by itself.
    pub stale_at: Option<Instant>,
    /// What it was made from, for the next one.
    pub(super) making: Arc<Making>,
    pub(super) icons: Option<Arc<Icons>>,
    /// The files beside the pages say what the pages say.
    pub(super) is_documented: bool,
}

/// A file ready to be sent.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Names what it was made from; 0 for what is not made from the catalog.
    pub(super) key: u64,
    file: Prebuilt,
    /// Packed as small as it will be.
    is_packed: bool,
}

impl Ready {
    pub(super) fn new(key: u64, file: Prebuilt) -> Self {
        Self { key, file, is_packed: false }
    }

    /// One that is packed already.
    pub(super) fn packed(key: u64, file: Prebuilt) -> Self {
        Self { key, file, is_packed: true }
    }
}

impl Deref for Ready {
    type Target = Prebuilt;

    fn deref(&self) -> &Prebuilt {
        &self.file
    }
}

/// Whether a file is one of those beside the pages: sitemap, feeds, icons.
pub(super) fn is_document(path: &str, file: &Ready) -> bool {
    file.key == 0 && !path.starts_with("/assets/")
}

/// A page body, unpacked. It is held for long, so without the room its text grew by on the way.
pub(super) fn page(html: &str) -> Result<Prebuilt, Fault> {
    let hash = sha256_hex(html.as_bytes());
    let body = Bytes::copy_from_slice(html.as_bytes());
    Prebuilt::new("text/html; charset=utf-8", PAGE_CACHE, &hash[..20], body)
}

/// A file beside the pages, unpacked.
pub(super) fn document(document: Document) -> Result<(String, Prebuilt), Fault> {
    let hash = sha256_hex(&document.body);
    let Document { path, content_type, body } = document;
    Ok((path, Prebuilt::new(content_type, PAGE_CACHE, &hash[..20], body)?))
}

/// An asset whose name carries its hash.
pub(super) fn asset(content_type: &str, body: Vec<u8>) -> Result<Prebuilt, Fault> {
    let hash = sha256_hex(&body);
    Prebuilt::new(content_type, FOREVER, &hash[..20], body)
}

/// What the pages say about stock: the state, and how many are left of what is low.
pub(super) fn states_of(levels: &Levels) -> BTreeMap<String, (State, u32)> {
    levels.iter().map(|(sku, level)| (sku.as_str().to_owned(), state_of(level))).collect()
}

pub(super) fn state_of(level: &Level) -> (State, u32) {
    let state = level.state();
    (state, if state == State::Low { level.free() } else { 0 })
}

impl Edition {
    /// Whether something is to be had, sold out or low other than its pages say.
    pub(super) fn has_other_stock(&self, levels: &Levels) -> bool {
        fn said<'a>((sku, (state, _)): (&'a String, &(State, u32))) -> (&'a str, State) {
            (sku, *state)
        }
        let (catalog, was) = (self.making.catalog(), &self.making.levels);
        !states_of(levels).iter().map(said).eq(self.states.iter().map(said))
            || moved_sets(catalog, was, levels).next().is_some()
    }

    /// Whether they tell how many are left, and tell it wrong.
    pub(super) fn has_other_counts(&self, levels: &Levels) -> bool {
        self.tells_counts() && states_of(levels) != *self.states
    }

    /// Whether its pages tell how many are left of what is low.
    pub(super) fn tells_counts(&self) -> bool {
        self.making.catalog().shop.stock_show == StockShow::ExactBelowLow
    }

    /// The same edition with every body packed by Brotli and gzip as well, on all cores.
    ///
    /// # Errors
    /// Never in practice: packing into memory.
    pub fn packed(&self) -> Result<Self, Fault> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let is_large = self.is_large();
        let plain: Vec<_> = self.files.iter().filter(|(_, ready)| !ready.is_packed).collect();
        let work = |share: &[(&Arc<str>, &Arc<Ready>)]| {
            let each = share.iter().map(|(path, ready)| {
                Ok::<_, Fault>(Packed::new(path, ready, pack(ready, is_large)?))
            });
            each.collect::<Result<Vec<_>, Fault>>()
        };
        let packed = thread::scope(|scope| {
            let shares = plain.chunks(plain.len().div_ceil(cores).max(1));
            let workers: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
            let done = workers.into_iter().map(|worker| {
                worker.join().map_err(|_| Fault::new("a file made the packer panic"))?
            });
            done.collect::<Result<Vec<_>, Fault>>()
        })?;
        Ok(self.with_packed(&packed.concat()))
    }

    /// Packs at most `count` files that are not packed yet. `keep` hears of each, and whether the
    /// edition is too large to hold them all.
    pub(super) fn pack(
        &self,
        count: usize,
        keep: impl Fn(Prebuilt, bool) -> Prebuilt,
    ) -> Result<Vec<Packed>, Fault> {
        let is_large = self.is_large();
        let plain = self.files.iter().filter(|(_, ready)| !ready.is_packed).take(count);
        let pack = |(path, ready): (&Arc<str>, &Arc<Ready>)| {
            let file = keep(pack(ready, is_large)?, is_large);
            Ok(Packed::new(path, ready, file))
        };
        plain.map(pack).collect()
    }

    /// Hands every file to `keep` once more.
    pub(super) fn pack_again(&self, keep: impl Fn(Prebuilt, bool) -> Prebuilt) -> Vec<Packed> {
        let packed = self.files.iter().filter(|(_, ready)| ready.is_packed);
        let again = |(path, ready): (&Arc<str>, &Arc<Ready>)| {
            Packed::new(path, ready, keep(ready.file.clone(), self.is_large()))
        };
        packed.map(again).collect()
    }

    /// Whether it has more files than should be held in memory.
    pub(super) fn is_large(&self) -> bool {
        self.files.len() > FILES_HELD_PLAIN_MAX
    }

    /// The same edition with packed files in place of exactly those they were made of.
    pub(super) fn with_packed(&self, all: &[Packed]) -> Self {
        let mut edition = self.clone();
        for one in all {
            if let Some(file) = edition.files.get_mut(&one.path)
                && Arc::ptr_eq(file, &one.plain)
            {
                *file = Arc::clone(&one.packed);
            }
        }
        edition
    }
}

/// A file before and after packing.
#[derive(Clone)]
pub(super) struct Packed {
    path: Arc<str>,
    plain: Arc<Ready>,
    packed: Arc<Ready>,
}

impl Packed {
    fn new(path: &Arc<str>, plain: &Arc<Ready>, file: Prebuilt) -> Self {
        let packed = Arc::new(Ready::packed(plain.key, file));
        Self { path: Arc::clone(path), plain: Arc::clone(plain), packed }
    }
}

fn pack(ready: &Ready, is_large: bool) -> Result<Prebuilt, Fault> {
    let plain = ready.plain();
    let mut packed = ready.file.clone();
    if plain.len() >= PACK_FROM {
        let gz = gzip(&plain)?;
        if plain.len() <= BROTLI_MAX {
            let br = brotli(&plain)?;
            if br.len() < plain.len() {
                packed = packed.with(Encoding::Brotli, Bytes::from(br))?;
            }
        }
        if gz.len() < plain.len() {
            packed = packed.with(Encoding::Gzip, Bytes::from(gz))?;
        }
    }
    Ok(if is_large { packed.slim() } else { packed })
}

fn brotli(plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(plain.len() / 3);
    let mut writer = brotli::CompressorWriter::new(&mut out, 4096, BROTLI_QUALITY, 20);
    writer.write_all(plain)?;
    drop(writer);
    // It is held as long as the page is; what it grew by on the way is not.
    out.shrink_to_fit();
    Ok(out)
}

pub(super) fn gzip(plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let level = flate2::Compression::new(6);
    let mut writer = flate2::write::GzEncoder::new(Vec::with_capacity(plain.len() / 3), level);
    writer.write_all(plain)?;
    let mut out = writer.finish()?;
    out.shrink_to_fit();
    Ok(out)
}

/// Where the current edition is kept.
pub(super) type Current = Arc<arc_swap::ArcSwap<Edition>>;
