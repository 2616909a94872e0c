//! Views with a name: filters of a list that people of the shop keep.
//!
//! They belong to the shop and not to a person. Two or three people share its work, so what one of
//! them calls *Gifts abroad* the others look for as well, and it is not lost when somebody leaves;
//! an address kept as a bookmark is the private kind.

use poem::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::desk::Desk;
use super::model::Staff;
use super::right::Right;
use super::visit::{Visit, see_other};
use super::{flow, store_views as store};
use crate::base::{Failure, Instant, Problem, refuse};
use crate::platform::db::Tx;
use crate::platform::web::{Error, read_form};

/// Longest name of a view, in characters.
const NAME_MAX: usize = 40;
/// Views of one list.
const VIEWS_MAX: u32 = 30;
/// Longest filter, in bytes of an address.
const QUERY_BYTES_MAX: usize = 2000;

/// A list whose filters can be kept.
#[derive(Clone, Copy)]
pub struct Views {
    /// Its word in the database.
    pub list: &'static str,
    /// Its page.
    pub page: &'static str,
    /// Where its views are changed.
    pub path: &'static str,
    /// Whoever has it may change them.
    pub right: Right,
    /// The filter of an address as it is kept, with its `?`; none when it asks for nothing, or for
    /// what there is not.
    pub tidy: fn(&str) -> Option<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// What people call it.
    pub name: String,
    /// The filter, as the query of an address.
    pub query: String,
}

/// Why a view is not kept, or not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoView {
    /// It has no name that can be shown.
    Nameless,
    /// The filter narrows nothing, or cannot be understood.
    Unfiltered,
    /// There are too many already.
    Full,
    /// There is none of that name.
    Unknown,
    /// There is another of the new name.
    Taken,
    /// Neither kept, named otherwise nor removed.
    Unclear,
}

impl crate::base::Refusal for NoView {
    fn problem(&self) -> Problem {
        match self {
            Self::Nameless => {
                let says = format!("A view has a name of 1 to {NAME_MAX} characters.");
                Problem::new(422, "view-nameless", "Give it a name", says)
            }
            Self::Unfiltered => {
                let says = "The filter is empty, or asks for something there is not.";
                Problem::new(422, "view-unfiltered", "Nothing to keep", says)
                    .hint("Narrow the list first, and keep what you see.")
            }
            Self::Full => {
                let says = format!("A list has {VIEWS_MAX} views at most.");
                Problem::new(409, "views-full", "Too many views", says)
                    .hint("Remove one that nobody uses.")
            }
            Self::Unknown => {
                let says = "There is no view of this name.";
                Problem::new(404, "unknown-view", "No such view", says)
                    .hint("Somebody may have removed it, or named it otherwise.")
            }
            Self::Taken => {
                let says = "Another view has this name.";
                Problem::new(409, "view-exists", "Named already", says)
                    .hint("Choose another name, or remove the other view.")
            }
            Self::Unclear => {
                let says = "A view is kept, renamed or removed.";
                Problem::new(422, "no-such-action", "No such action", says)
                    .hint("Use the buttons of the list.")
            }
        }
    }
}

impl Views {
    /// The route on which they are changed.
    #[must_use]
    pub fn desk(self) -> Desk {
        Desk::new().post(self.path, self.right, move |visit| change(self, visit))
    }

    /// What a list shows of them.
    #[must_use]
    pub fn shown(&self, kept: &[View], query: &str, visit: &Visit) -> Value {
        let is_kept = |view: &&View| view.query == query && !query.is_empty();
        json!({
            "kept": kept, "current": kept.iter().find(is_kept), "query": query, "path": self.path,
            "page": self.page, "name_max": NAME_MAX,
            "may_change": visit.may(self.right),
            "can_be_kept": (self.tidy)(query).is_some(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// `keep`, `rename` or `remove`.
    action: String,
    name: String,
    /// The filter that is kept.
    #[serde(default)]
    query: String,
    /// The new name.
    #[serde(default)]
    to: String,
}

async fn change(views: Views, mut visit: Visit) -> Result<Response, Error> {
    let sent: Sent = read_form(&mut visit.request).await?;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let changed = visit.kit.db.write(move |tx| act(tx, &views, &sent, &staff, now));
    let (query, done) = changed.await?;
    let joint = if query.is_empty() { '?' } else { '&' };
    Ok(see_other(&format!("{}{query}{joint}done={done}", views.page)))
}

/// Does it, with its line in the log; answers the filter to show, and the word for what was done.
fn act(
    tx: &Tx,
    views: &Views,
    sent: &Sent,
    staff: &Staff,
    now: Instant,
) -> Result<(String, &'static str), Failure<NoView>> {
    let name = named(&sent.name)?;
    let before = store::find_view(tx, views.list, name)?;
    let (after, done) = match sent.action.as_str() {
        "keep" => {
            let query = Some(&*sent.query).filter(|query| query.len() <= QUERY_BYTES_MAX);
            let Some(query) = query.and_then(views.tidy) else { return refuse(NoView::Unfiltered) };
            if before.is_none() && store::count_views(tx, views.list)? >= VIEWS_MAX {
                return refuse(NoView::Full);
            }
            let view = View { name: name.to_owned(), query };
            store::set_view(tx, views.list, &view)?;
            (Some(view), "view-kept")
        }
        "rename" => {
            let (Some(view), to) = (&before, named(&sent.to)?) else {
                return refuse(NoView::Unknown);
            };
            let other = store::find_view(tx, views.list, to)?;
            if other.is_some_and(|other| other.name != view.name) {
                return refuse(NoView::Taken);
            }
            store::set_view_name(tx, views.list, &view.name, to)?;
            (Some(View { name: to.to_owned(), query: view.query.clone() }), "view-renamed")
        }
        "remove" => {
            let Some(view) = &before else { return refuse(NoView::Unknown) };
            store::delete_view(tx, views.list, &view.name)?;
            (None, "view-removed")
        }
        _ => return refuse(NoView::Unclear),
    };
    let (action, about) = (done.replace('-', "."), format!("{}: {name}", views.list));
    let states = (json!(before), json!(after));
    flow::note(tx, staff, &action, ("view", &about), (&states.0, &states.1), now)?;
    Ok((after.or(before).map(|view| view.query).unwrap_or_default(), done))
}

/// A name as it is kept.
fn named(text: &str) -> Result<&str, Failure<NoView>> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= NAME_MAX;
    if fits && !name.chars().any(char::is_control) { Ok(name) } else { refuse(NoView::Nameless) }
}
