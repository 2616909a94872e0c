//! Files as they would be after a change that is not on a disk yet.

use super::read::{FILES_MAX, Tree, file_of};
use std::sync::Arc;

impl Tree {
    /// The same files with some of them others, as they would be read: new, changed, or gone.
    #[must_use]
    pub fn with(&self, changes: impl IntoIterator<Item = (String, Option<Vec<u8>>)>) -> Self {
        let mut tree = self.clone();
        for (name, bytes) in changes {
            match bytes {
                Some(bytes) => {
                    let file = file_of(&name, bytes);
                    tree.insert(&name, file);
                }
                None => {
                    Arc::make_mut(&mut tree.files).remove(name.as_str());
                }
            }
        }
        tree.too_many |= tree.files.len() > FILES_MAX;
        tree
    }
}
