//! The index in force: swapped whole, together with the prices it was made with.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::index::Index;

/// Holds the current index. Clones share it.
#[derive(Clone)]
pub struct Searching(Arc<ArcSwap<Index>>);

impl Searching {
    /// Starts with an index.
    #[must_use]
    pub fn new(index: Arc<Index>) -> Self {
        Self(Arc::new(ArcSwap::new(index)))
    }

    /// The index in force now; a request keeps the one it began with.
    #[must_use]
    pub fn now(&self) -> Arc<Index> {
        self.0.load_full()
    }

    /// Puts another index in force.
    pub fn publish(&self, index: Arc<Index>) {
        self.0.store(index);
    }
}
