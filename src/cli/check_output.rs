//! What `kiosk check` found, as a terminal, a log or a program reads it.

use std::io::IsTerminal;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::check_pages::Made;
use crate::base::Clock;
use crate::catalog::{Bundle, Catalog, PictureState, PictureStatus, picture_status};
use crate::platform::content::Complaint;
use crate::platform::content::report;
use crate::platform::render::{FOLDER, SiteMistake};
use crate::pricing::{Loaded, explain_bundle};

/// How findings are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines of text; excerpts of the files on a terminal.
    Text,
    /// One JSON document.
    Json,
}

/// What one run found.
pub(super) struct Findings {
    /// The content as read.
    pub(super) loaded: Loaded,
    /// Its folder, as paths begin.
    pub(super) folder: String,
    /// The pages they make.
    pub(super) made: Made,
}

impl Findings {
    fn complaints(&self) -> Vec<&Complaint> {
        let site = self.made.site.iter().flat_map(|site| site.told().0);
        self.loaded.complaints.iter().chain(site).collect()
    }

    /// Errors and warnings.
    pub(super) fn counts(&self) -> (usize, usize) {
        let ((errors, warnings), pages) = (report::counts(self.complaints()), self.made.counts());
        (errors + pages.0, warnings + pages.1)
    }

    /// Everything as one document, with the picture status of each product.
    pub(super) fn json(&self, verbose: bool, explain: bool) -> Value {
        let mut found = report::json(&self.loaded.complaints, &self.folder);
        if let Some(site) = &self.made.site {
            let other = report::json(site.told().0, FOLDER);
            if let (Some(all), Some(more)) =
                (found["complaints"].as_array_mut(), other["complaints"].as_array())
            {
                all.extend(more.iter().cloned());
            }
        }
        let (errors, warnings) = self.counts();
        found["errors"] = errors.into();
        found["warnings"] = warnings.into();
        found["pages"] = self.made.json(verbose);
        found["images"] = json!(self.pictures());
        if explain {
            found["bundles"] = self.bundles().into_iter().collect();
        }
        found
    }

    fn pictures(&self) -> Vec<PictureStatus> {
        picture_status(&self.loaded.files, &self.loaded.complaints)
    }

    /// How the price of each bundle comes about, by its address.
    fn bundles(&self) -> Vec<(String, String)> {
        let (book, now) = (self.loaded.book.as_ref(), Clock::System.now());
        let catalog = book.map(|book| &book.catalog);
        let one = |catalog: &Catalog, bundle: &Bundle| {
            Some((bundle.slug.clone(), explain_bundle(catalog, bundle, now)?))
        };
        let all = catalog.into_iter().flat_map(|of| of.bundles.values().map(move |b| (of, b)));
        all.filter_map(|(catalog, bundle)| one(catalog, bundle)).collect()
    }

    /// Writes them for people.
    pub(super) fn say_bundles(&self) {
        for (bundle, how) in self.bundles() {
            say!("{bundle}: {how}");
        }
    }

    /// Writes everything for people: excerpts on a terminal, else a line for each.
    pub(super) fn say(&self) {
        let own = (self.loaded.complaints.as_slice(), &self.loaded.files, self.folder.as_str());
        let site = self.made.site.as_ref().map(SiteMistake::told);
        let site = site.map(|(complaints, files)| (complaints, files, FOLDER));
        for (complaints, files, folder) in [Some(own), site].into_iter().flatten() {
            if std::io::stdout().is_terminal() {
                #[expect(clippy::disallowed_methods, reason = "a convention of terminals")]
                let colour = std::env::var_os("NO_COLOR").is_none();
                say_raw!("{}", report::terminal(complaints, files, folder, colour));
            } else {
                say_raw!("{}", report::text(complaints, folder));
            }
        }
    }

    /// Writes the last line: all well, or how many mistakes.
    pub(super) fn sum_up(&self) {
        match &self.loaded.book {
            Some(book) if self.counts() == (0, 0) => {
                let catalog = &book.catalog;
                say!(
                    "All well: {} products, {} bundles, {} categories, {} promotions.",
                    catalog.products.len(),
                    catalog.bundles.len(),
                    catalog.categories.len(),
                    book.promotions.len()
                );
            }
            _ => {
                let (errors, warnings) = self.counts();
                complain!("{}", report::counted(errors, warnings));
            }
        }
    }

    /// Writes the picture status of each product as a table.
    pub(super) fn say_pictures(&self) {
        let all = self.pictures();
        let width = all.iter().map(|one| one.product.chars().count()).max().unwrap_or(0);
        for one in all {
            let status = match one.status {
                PictureState::Ok => "ok",
                PictureState::Warning => "warning",
                PictureState::Missing => "missing",
                PictureState::Unknown => "unknown",
            };
            let line = format!("{status:8} {:width$}  {}", one.product, one.reasons.join("; "));
            say!("{}", line.trim_end());
        }
    }
}
