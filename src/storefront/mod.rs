//! The catalog as pages: planned, rendered, held ready in memory, swapped whole.
//!
//! **Invariants.** Pages are the same for everybody. An edition is immutable: a reader sees the
//! old one or the new one, never half of each. A broken file or template never takes a page down:
//! the last good edition stays. Two builds of the same input at the same moment give the same
//! bytes. Finished pages lie in the data folder as `pages.*`, and can be thrown away at any time.
//!
//! **Tables:** `price_shown`, `gone_page`.

mod context;
mod darkroom;
mod editing;
mod editing_path;
mod edition;
mod export;
mod files_read;
mod found;
mod gone;
mod goods;
mod importing;
mod inspect;
mod keeping;
mod keys;
mod live;
mod make;
mod news;
mod pack;
mod page_bundle;
mod page_product;
mod pages;
mod pictures;
mod places;
mod plan;
mod preview;
mod prior;
mod publish;
mod revisions;
mod store;
mod touched;
mod watch;
mod web;

pub use darkroom::{Darkroom, develop, develop_book};
pub use editing::{
    Change, Checked, Mistaken, Refusal, Saved, check, content_of, digest_of, save, write_checked,
};
pub use editing_path::{is_editable, picture_name};
pub use edition::{Edition, Ready};
pub use export::{Beside, Extra, LIVE, Written, export};
pub use files_read::{FilesRead, Reading};
pub use found::{
    Document, Excess, Found, Icons, Measured, Objection, OpenGraph, Pictures, PreviewImage,
    PreviewPrice, Rendition, Sizes, disagreements, faint, feed_report, listed, measure, named,
    page_disagreements, table,
};
pub use importing::{Import, import};
pub use inspect::{Inspection, inspect};
pub use keeping::{keep_last_good, last_good_dir};
pub use live::live_routes;
pub use make::{dressed, levels_or_opening, prepare};
pub use news::{Mistakes, News, NewsBoard};
pub use pack::Kept;
pub use pictures::Pictures as PictureFiles;
pub use preview::preview;
pub use prior::{LookedBack, look_back};
pub use publish::{PICTURES, Shelf};
pub use revisions::{
    By, Difference, Past, Revision, differences, history, kept_content, kept_files, restore,
    revisions,
};
pub use watch::{QUIET, jobs, watch};
pub use web::{dev_routes, early_shortcut, missing_page, problem_page, routes, shortcut};
