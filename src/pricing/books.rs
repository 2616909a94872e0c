//! The price book in force: swapped whole, so that nobody ever sees half of a change.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Book;

/// Holds the current book. Clones share it.
#[derive(Clone)]
pub struct Books(Arc<ArcSwap<Book>>);

impl Books {
    /// Starts with a book.
    #[must_use]
    pub fn new(book: Arc<Book>) -> Self {
        Self(Arc::new(ArcSwap::new(book)))
    }

    /// The book in force now; a request keeps the one it began with.
    #[must_use]
    pub fn now(&self) -> Arc<Book> {
        self.0.load_full()
    }

    /// Puts another book in force.
    pub fn publish(&self, book: Arc<Book>) {
        self.0.store(book);
    }
}
