//! Every way a source is no picture for the shop, with what to do about it. Pure.

use std::fmt;

use super::decode::{FILE_BYTES_MAX, PIXELS_MAX, SIDE_MAX};
use super::kind::Kind;

/// Why a source cannot be used. Shown, it says what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// The file cannot be opened or read.
    Unreadable {
        /// The system's words.
        reason: String,
    },
    /// The file is larger than any picture should be.
    Heavy,
    /// The file is not what its digest says: somebody has just changed it.
    Changed,
    /// No kind of picture that is taken.
    Stranger {
        /// What it is, where that is known.
        really: Option<&'static str>,
    },
    /// The ending of the name promises another kind.
    Misnamed {
        /// What the file is.
        really: Kind,
    },
    /// More pixels than are taken.
    Large {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Behind the picture there is something else.
    Attached,
    /// The kind is right, but its pixels cannot be read.
    Damaged {
        /// The decoder's words.
        reason: String,
    },
}

impl Unfit {
    /// A word for machines, as complaints have them.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::Changed => "image-unreadable",
            Self::Heavy | Self::Large { .. } => "image-too-large",
            Self::Stranger { .. } => "image-format",
            Self::Misnamed { .. } => "image-misnamed",
            Self::Attached => "image-attached",
            Self::Damaged { .. } => "image-damaged",
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Unreadable { reason } => format!("the picture cannot be read: {reason}"),
            Self::Heavy => {
                format!("the picture is a file of more than {} MiB", FILE_BYTES_MAX >> 20)
            }
            Self::Changed => "the picture was changed while it was being read".to_owned(),
            Self::Stranger { really: Some(really) } => format!("the file is {really}"),
            Self::Stranger { really: None } => "the file is not a picture".to_owned(),
            Self::Misnamed { really } => {
                format!("the picture is a {}, but its name says otherwise", really.name())
            }
            Self::Large { width, height } => format!(
                "the picture has {width} × {height} pixels; at most {SIDE_MAX} on a side and {} \
                 million in all are taken",
                PIXELS_MAX / 1_000_000
            ),
            Self::Attached => "there is something else behind the picture".to_owned(),
            Self::Damaged { reason } => format!("the pixels cannot be read: {reason}"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that it is there and its permissions".to_owned(),
            Self::Changed => "save it once more when it is complete".to_owned(),
            Self::Heavy | Self::Large { .. } => {
                "make it smaller: 1600 pixels are plenty".to_owned()
            }
            Self::Stranger { .. } => "export it as JPEG, PNG or WebP".to_owned(),
            Self::Misnamed { really } => {
                format!("let its name end with .{}, here and where it is used", really.extension())
            }
            Self::Attached => "open it in a picture program and export it again".to_owned(),
            Self::Damaged { .. } => "export it again, in RGB, or copy it again".to_owned(),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message(), self.hint())
    }
}
