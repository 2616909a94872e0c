//! Pictures as merchants have them become pictures as browsers want them.
//!
//! A source of any sane size and kind becomes JPEG, WebP and AVIF in four to six widths, a blurred
//! placeholder and an average colour. All of it is kept in a folder by the content of the source,
//! so that the work is done once.
//!
//! **Invariants.** A picture is known only when every file of it is whole and on disk. Nothing of
//! a source but its pixels reaches a shopper: no camera, no place, no name. A source is refused by
//! its header, before memory is taken for its pixels.
//!
//! `kind` and `unfit` say what is taken and why not; `decode` reads, `proof` looks at what is sent,
//! `derive` makes smaller ones and writes formats, `placeholder` makes what stands there meanwhile;
//! `index` and `folder` keep it; `studio` is the door to all of them. `style` is a rule of its own.

mod decode;
mod derive;
mod folder;
mod index;
mod kind;
mod placeholder;
mod proof;
mod studio;
mod style;
mod unfit;

pub use decode::{Look, look};
pub use index::{Developed, Rendition};
pub use kind::Kind;
pub use proof::proof;
pub use studio::{Job, Studio};
pub use style::Style;
pub use unfit::Unfit;

/// A colour as red, green and blue.
pub type Colour = [u8; 3];

/// What transparent pictures stand on where a format knows no transparency: `#EFE9E0`.
pub const BACKDROP: Colour = [0xef, 0xe9, 0xe0];

/// A format that browsers are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The smallest; slow to make, so it follows later.
    Avif,
    /// Small, and known to every browser in use.
    WebP,
    /// Known to everything; on the backdrop where the source is transparent.
    Jpeg,
}

impl Format {
    /// Every format, the smallest first: the order in which a page offers them.
    pub const ALL: [Self; 3] = [Self::Avif, Self::WebP, Self::Jpeg];

    /// The ending of its files, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::WebP => "webp",
            Self::Jpeg => "jpg",
        }
    }

    /// The format with this ending.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// For `Content-Type` and `<source type>`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::WebP => "image/webp",
            Self::Jpeg => "image/jpeg",
        }
    }
}
