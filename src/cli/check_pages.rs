//! What `kiosk check` sees when it makes the pages: whether they agree, what they weigh, and what
//! Google would say.

use std::sync::Arc;

use serde_json::json;

use crate::base::{Clock, Fault};
use crate::platform::config::Settings;
use crate::platform::content::{Complaint, Complaints, Tree, Wrong};
use crate::platform::render::{Render, SiteMistake};
use crate::pricing::Book;
use crate::recommend::Together;
use crate::search::{Index, Levels};
use crate::storefront::{self, Found, Inspection, Objection, Rendition};

/// What the files make.
#[derive(Default)]
pub(super) struct Made {
    inspection: Inspection,
    objections: Vec<Objection>,
    /// The mistake in a template for which no page could be made, or what is odd about the words.
    pub(super) site: Option<SiteMistake>,
}

impl Made {
    /// Makes every page in memory, with the stock the files open with, and looks them over.
    /// With `exact`, every page is packed to know its weight.
    ///
    /// # Errors
    /// When the pages cannot be made for another reason than a template.
    pub(super) fn of(book: &Arc<Book>, settings: &Settings, exact: bool) -> Result<Self, Fault> {
        let now = Clock::System.now();
        let levels = storefront::levels_or_opening(&book.catalog, Levels::new());
        let base_url = &settings.public_url;
        let objections = {
            let found = Found::new(book, now, base_url, Arc::new(|p| Rendition::from(p)));
            storefront::feed_report(&found)
        };
        let index = Index::of(book, &levels, now);
        let render = Render::open(&settings.site_dir)?;
        match storefront::prepare(
            &render,
            settings,
            &index,
            levels.clone(),
            Together::default(),
            now,
        ) {
            Ok((edition, render)) => {
                let inspection = storefront::inspect(&edition, book, &levels, now, base_url, exact);
                Ok(Self { inspection, objections, site: render.odd_words() })
            }
            Err(fault) => {
                let site = fault.into_cause().map(Some)?;
                Ok(Self { objections, site, ..Self::default() })
            }
        }
    }

    /// Errors and warnings that are about pages, not about a place in a file.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.inspection.disagreements.len(), self.inspection.excess.len())
    }

    /// What Google would refuse, as warnings at their place.
    pub(super) fn refused(&self, files: &Tree) -> Vec<Complaint> {
        let complaints = Complaints::new();
        for objection in self.objections.iter().filter(|objection| objection.refused) {
            let place = files.place(&objection.file, &objection.key);
            let message = format!("Google would refuse this: {}", objection.message);
            complaints.add(place, Wrong::warning(objection.code, message).hint(objection.hint));
        }
        complaints.finish(files)
    }

    /// Writes it for people.
    pub(super) fn say(&self, folder: &str, verbose: bool, budget: bool) {
        for why in &self.inspection.disagreements {
            say!("pages: {why}");
        }
        for excess in &self.inspection.excess {
            say!("pages: warning: {}: {}", excess.path, excess.what);
        }
        if verbose {
            for note in self.objections.iter().filter(|objection| !objection.refused) {
                say!("{folder}/{}: note: {}; {}", note.file, note.message, note.hint);
            }
        }
        if budget {
            say_raw!("{}", storefront::table(&self.inspection.measured));
        }
    }

    /// The same for programs.
    pub(super) fn json(&self, verbose: bool) -> serde_json::Value {
        let excess = self.inspection.excess.iter();
        let excess: Vec<_> = excess.map(|e| json!({ "path": e.path, "message": e.what })).collect();
        let notes = self.objections.iter().filter(|objection| verbose && !objection.refused);
        let note = |o: &Objection| {
            let Objection { file, code, message, hint, .. } = o;
            json!({ "file": file, "code": code, "message": message, "hint": hint })
        };
        json!({
            "disagreements": self.inspection.disagreements,
            "over_budget": excess,
            "notes": notes.map(note).collect::<Vec<_>>(),
        })
    }
}
