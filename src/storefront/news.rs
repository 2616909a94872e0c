//! What became of the last change: on show, or refused and why. Told to whoever listens.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use crate::base::Fault;
use crate::platform::content::report::{self, Excerpt};
use crate::platform::render::{FOLDER, SiteMistake};
use crate::pricing::Loaded;

/// How the pages stand.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Editions put in force since the shop was put together.
    pub editions: u64,
    /// Why the files as they lie are not what is shown.
    pub mistakes: Option<Arc<Mistakes>>,
    /// What is shown, but should be looked at.
    pub notes: Option<Arc<Mistakes>>,
    /// The shop is closing: nothing more will be told.
    pub closing: bool,
}

/// Where the news is pinned up. Clones share it.
#[derive(Clone, Default)]
pub struct NewsBoard(Arc<watch::Sender<News>>);

impl NewsBoard {
    /// Hears what stands here and everything that comes.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<News> {
        self.0.subscribe()
    }

    /// An edition is in force. Files may still be broken: stock changes pages, too.
    pub(super) fn published(&self) {
        self.0.send_modify(|news| news.editions += 1);
    }

    /// The files as they lie are what is shown.
    pub(super) fn mended(&self) {
        self.0.send_if_modified(|news| news.mistakes.take().is_some());
    }

    /// The files cannot be shown; the last good edition stays.
    pub fn complain(&self, mistakes: Mistakes) {
        self.0.send_modify(|news| news.mistakes = Some(Arc::new(mistakes)));
    }

    /// What is odd about the files that are shown; nothing when nothing is.
    pub fn note(&self, odd: Option<&SiteMistake>) {
        let notes = odd.map(|odd| Arc::new(Mistakes::to_look_at(odd)));
        self.0.send_if_modified(|news| {
            let differs = news.notes != notes;
            news.notes = notes;
            differs
        });
    }

    /// The shop closes: listeners may go.
    pub fn close(&self) {
        self.0.send_modify(|news| news.closing = true);
    }
}

/// What keeps files from being shown: as the terminal tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistakes {
    /// Such as `2 errors in content`.
    pub title: String,
    /// Each with the line it is about.
    pub excerpts: Vec<Excerpt>,
}

impl Mistakes {
    /// What is wrong in a content folder that could not be used.
    #[must_use]
    pub fn in_content(loaded: &Loaded, folder: &str) -> Self {
        Self {
            title: format!("{} in {folder}", report::count(&loaded.complaints)),
            excerpts: report::excerpts(&loaded.complaints, &loaded.files, folder),
        }
    }

    /// What should be looked at in the shop's own look.
    fn to_look_at(odd: &SiteMistake) -> Self {
        Self {
            title: format!("{} in {FOLDER}", report::count(odd.told().0)),
            excerpts: odd.excerpts(),
        }
    }

    /// What a fault says: the mistakes it was made of, else its own words.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        if let Some(own) = fault.cause::<Self>() {
            return own.clone();
        }
        let excerpts = match fault.cause::<SiteMistake>() {
            Some(mistake) => mistake.excerpts(),
            None => vec![Excerpt { place: String::new(), text: fault.to_string() }],
        };
        Self { title: "Not published".to_owned(), excerpts }
    }

    /// As a terminal shows it.
    #[must_use]
    pub fn text(&self) -> String {
        let excerpts = self.excerpts.iter().map(|excerpt| format!("{}\n\n", excerpt.text));
        format!("{}{}", excerpts.collect::<String>(), self.title)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl std::error::Error for Mistakes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_stay_until_they_are_mended() {
        let board = NewsBoard::default();
        let heard = board.listen();
        board.complain(Mistakes::of(&Fault::new("no")));
        board.published();
        assert_eq!(heard.borrow().editions, 1);
        let told = heard.borrow().mistakes.as_ref().map(|m| m.excerpts[0].text.clone());
        assert_eq!(told.as_deref(), Some("no"));
        board.mended();
        assert!(heard.borrow().mistakes.is_none());
    }
}
