//! A picture, and the sizes and kinds it comes in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::platform::images::{Developed, Format, Rendition, Style};

/// The layouts that a shop asks of its products' pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureStyles {
    /// By name.
    pub known: BTreeMap<String, Style>,
    /// The one of every product that names none.
    pub usual: Option<String>,
}

/// A picture and the words for those who do not see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// File name under `content/images/`.
    pub file: String,
    /// Alternative text; empty when the editor gave none (a warning).
    pub alt: String,
    /// Address of the untouched file; carries a hash of its content.
    pub url: String,
    /// SHA-256 of the file, in hexadecimal; empty as long as there is none.
    #[serde(skip)]
    pub digest: String,
    /// Its other sizes and kinds, once they have been made.
    #[serde(skip)]
    pub developed: Option<Arc<Developed>>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Picture {
    /// Address of one of its other sizes.
    #[must_use]
    pub fn rendition_url(&self, width: u32, format: Format) -> String {
        let stem = self.url.rsplit_once('.').map_or(self.url.as_str(), |(stem, _)| stem);
        format!("{stem}-{width}.{}", format.extension())
    }

    /// The largest JPEG not wider than `width_max`, or the untouched file: address and pixels.
    #[must_use]
    pub fn jpeg_within(&self, width_max: u32) -> (String, u32, u32) {
        let made = self.developed.iter().flat_map(|made| made.renditions(Format::Jpeg));
        let fits = |r: &&Rendition| r.width <= width_max;
        let smallest = made.clone().min_by_key(|r| r.width);
        match made.filter(fits).max_by_key(|r| r.width).or(smallest) {
            Some(r) => (self.rendition_url(r.width, Format::Jpeg), r.width, r.height),
            None => (self.url.clone(), self.width, self.height),
        }
    }
}
