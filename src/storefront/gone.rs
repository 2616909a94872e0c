//! Pages of goods that the shop had once: their addresses say that they are gone for good, so that
//! search engines forget them and visitors are offered something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::plan::Plan;
use super::store;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::catalog::Catalog;
use crate::platform::Kit;

/// Addresses without a page that had one. Clones share them.
#[derive(Clone)]
pub(super) struct Gone(Arc<ArcSwap<BTreeSet<String>>>);

impl Gone {
    /// Those known from earlier runs.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn open(kit: &Kit) -> Result<Self, Fault> {
        let known =
            kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(store::list_gone(read)?))?;
        Ok(Self(Arc::new(ArcSwap::from_pointee(known))))
    }

    /// Whether an address had a page.
    pub(super) fn has(&self, path: &str) -> bool {
        let known = self.0.load();
        known.contains(path) || !path.ends_with('/') && known.contains(&format!("{path}/"))
    }

    /// Notes which of the pages that were there are not any more, and which are there again.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn follow(
        &self,
        kit: &Kit,
        was: impl Iterator<Item = String>,
        catalog: &Catalog,
    ) -> Result<(), Fault> {
        let (is, known) = (pages_of_goods(catalog).collect::<BTreeSet<_>>(), self.0.load_full());
        let is_gone = |path: &String| !is.contains(path) && !known.contains(path);
        let gone: Vec<String> = was.filter(is_gone).collect();
        let back: Vec<String> = known.iter().filter(|path| is.contains(*path)).cloned().collect();
        if gone.is_empty() && back.is_empty() {
            return Ok(());
        }
        let mut all = (*known).clone();
        all.retain(|path| !is.contains(path));
        all.extend(gone.iter().cloned());
        let now = kit.now();
        kit.db.write_blocking(move |tx| {
            gone.iter().try_for_each(|path| store::insert_gone(tx, path, now))?;
            back.iter().try_for_each(|path| store::delete_gone(tx, path))?;
            Ok::<_, Failure<Never>>(())
        })?;
        self.0.store(Arc::new(all));
        Ok(())
    }
}

/// The addresses of all that a catalog sells.
pub(super) fn pages_of_goods(catalog: &Catalog) -> impl Iterator<Item = String> {
    let products = catalog.live_products().map(|product| Plan::Product(&product.slug).path());
    let bundles = catalog.bundles.values().filter(|bundle| catalog.bundle_is_live(bundle));
    products.chain(bundles.map(|bundle| Plan::Bundle(&bundle.slug).path()))
}

/// Whether an address is that of goods.
pub(super) fn is_of_goods(path: &str) -> bool {
    path.starts_with("/product/") || path.starts_with("/bundle/")
}
