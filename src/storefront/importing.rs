//! A table of products becomes changes to the catalog: checked as a whole, with a line of report
//! for every row. Nothing is written here, and nothing ever goes.

use std::collections::{BTreeMap, BTreeSet};

use super::editing::{Change, digest_of};
use crate::base::ids::Sku;
use crate::base::slug::is_slug;
use crate::catalog::exchange::{Incoming, Maker, NotRead, Outcome, Reported, Shelves, read, taken};
use crate::platform::content::{Severity, report};
use crate::pricing::{self, Book, Loaded};

/// Times the shop is checked again after products with mistakes were left out.
const ROUNDS_MAX: usize = 6;

/// What a table would do.
pub struct Import {
    /// Whose columns it has.
    pub maker: Maker,
    /// A line for every row.
    pub report: Vec<Reported>,
    /// What would be written.
    pub changes: Vec<Change>,
}

impl Import {
    /// How many rows ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.report.iter().filter(|row| row.outcome == outcome).count()
    }
}

/// What became of one product.
struct Judged {
    incoming: Incoming,
    outcome: Outcome,
    change: Option<Change>,
    why: Option<String>,
}

/// Reads a table and says what it would change in the shop as it is loaded, which has no mistakes.
/// Products whose category is not there go to `other`, when it is given.
///
/// # Errors
/// When it is no such table.
pub fn import(
    bytes: &[u8],
    loaded: &Loaded,
    book: &Book,
    other: Option<&str>,
) -> Result<Import, NotRead> {
    let slug_of = |sku: &str| {
        let (product, _) = book.catalog.find(&Sku::parse(sku)?)?;
        Some(product.slug.clone())
    };
    let shelves = Shelves { all: &book.catalog.categories, other, slug_of: &slug_of };
    let (maker, products) = read(bytes, &shelves)?;
    let mut seen = BTreeSet::new();
    let mut judged: Vec<Judged> =
        products.into_iter().map(|incoming| judge(incoming, loaded, &mut seen)).collect();
    for _ in 0..ROUNDS_MAX {
        if !leave_out_mistakes(&mut judged, loaded) {
            break;
        }
    }
    let mut report: Vec<Reported> = judged.iter().flat_map(rows_of).collect();
    report.sort_by_key(|row| row.line);
    let changes = judged.into_iter().filter_map(|one| one.change).collect();
    Ok(Import { maker, report, changes })
}

fn judge(mut incoming: Incoming, loaded: &Loaded, seen: &mut BTreeSet<String>) -> Judged {
    let skipped = |incoming, why: String| Judged {
        incoming,
        outcome: Outcome::Skipped,
        change: None,
        why: Some(why),
    };
    if let Some(why) = incoming.refused.take() {
        return skipped(incoming, why);
    }
    if !is_slug(&incoming.slug) {
        let why = format!("\"{}\" cannot be an address", incoming.slug);
        return skipped(incoming, why);
    }
    if !seen.insert(incoming.slug.clone()) {
        let why = "another product of the table has the same address".to_owned();
        return skipped(incoming, why);
    }
    let path = format!("products/{}.toml", incoming.slug);
    if loaded.files.file(&format!("products/{}.md", incoming.slug)).is_some()
        && incoming.top.remove("description").is_some()
    {
        let why = "its description stands in a file of its own and stays".to_owned();
        incoming.notes.push((incoming.line, why));
    }
    let former = loaded.files.text(&path);
    let has_picture = |name: &str| loaded.files.file(&format!("images/{name}")).is_some();
    let text = match taken(&mut incoming, former, &has_picture) {
        Ok(text) => text,
        Err(why) => return skipped(incoming, why.words().to_owned()),
    };
    let (outcome, change) = match former {
        Some(former) if former == text => (Outcome::Same, None),
        former => {
            let outcome = if former.is_some() { Outcome::Changed } else { Outcome::Made };
            // A byte order mark is no part of the text, but of the file that was seen.
            let seen = loaded.files.file(&path).map_or("", |file| file.digest()).to_owned();
            let seen = if seen.is_empty() { digest_of(None) } else { seen };
            (outcome, Some(Change { path, content: Some(text.into_bytes()), seen }))
        }
    };
    Judged { incoming, outcome, change, why: None }
}

/// Checks the whole shop with what is left, and leaves out what has mistakes. True when something
/// was left out.
fn leave_out_mistakes(judged: &mut [Judged], loaded: &Loaded) -> bool {
    let changes = judged.iter().filter_map(|one| one.change.as_ref());
    let each = changes.map(|change| (change.path.clone(), change.content.clone()));
    let checked = pricing::load_tree_again(loaded.files.with(each), loaded);
    let errors = checked.complaints.iter().filter(|c| c.severity == Severity::Error);
    let mut wrong: BTreeMap<&str, String> = BTreeMap::new();
    for error in errors {
        wrong.entry(&error.file).or_insert_with(|| report::sentence(error));
    }
    if wrong.is_empty() {
        return false;
    }
    let mut found = false;
    for one in judged.iter_mut() {
        let why = one.change.as_ref().and_then(|change| wrong.get(change.path.as_str()));
        if let Some(why) = why {
            (one.outcome, one.why, one.change) = (Outcome::Skipped, Some(why.clone()), None);
            found = true;
        }
    }
    if !found {
        // What is wrong stands elsewhere, and only all of it together is known to do no harm.
        let why = wrong.into_values().next();
        for one in judged.iter_mut().filter(|one| one.change.is_some()) {
            (one.outcome, one.why, one.change) = (Outcome::Skipped, why.clone(), None);
            found = true;
        }
    }
    found
}

fn rows_of(one: &Judged) -> Vec<Reported> {
    let incoming = &one.incoming;
    let row = |line: &u64| {
        let notes = incoming.notes.iter().filter(|(at, _)| at == line).map(|(_, why)| why.clone());
        let why: Vec<String> = one.why.clone().into_iter().chain(notes).collect();
        Reported {
            line: *line,
            slug: incoming.slug.clone(),
            outcome: one.outcome,
            why: why.join("; "),
        }
    };
    incoming.lines.iter().map(row).collect()
}
