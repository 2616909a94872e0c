//! `/admin/stock-count`: many levels at once, from a list. First a report of what would become of
//! every row, then the same list again to do it: all rows or none.

use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{Reason, Refusal};
use super::sheet::{self, Planned};
use super::{Beside, flow, store};
use crate::base::fault::{Failure, Never};
use crate::base::ids::Sku;
use crate::base::{Fault, Instant};
use crate::catalog::Catalog;
use crate::identity::{self, Desk, Right, Staff, Visit, see_other};
use crate::platform::db::{Read, Tx};
use crate::platform::web::{Error, read_form_within, read_query};

/// Bytes of a list as a form sends it, where most signs take three.
const BYTES_MAX: usize = 4 * 1024 * 1024;

pub(super) fn desk(beside: &Beside) -> Desk {
    let beside = beside.clone();
    Desk::new().get("/admin/stock-count", Right::ChangeStock, show).post(
        "/admin/stock-count",
        Right::ChangeStock,
        move |visit| count(visit, beside.clone()),
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    done: Option<u32>,
}

async fn show(visit: Visit) -> Result<Response, Error> {
    let shown: Shown = read_query(&visit.request).unwrap_or_default();
    draw(&visit, StatusCode::OK, json!({ "done": shown.done, "rows_max": sheet::ROWS_MAX }))
}

fn draw(visit: &Visit, status: StatusCode, context: Value) -> Result<Response, Error> {
    visit.page_with(status, "admin/stock_count.html", "stock", context)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    list: String,
    /// `save` does it; anything else only tells.
    #[serde(default)]
    act: String,
}

/// Every row with what it would do now.
fn planned(read: &Read, list: &str) -> Result<Result<Vec<Planned>, String>, Fault> {
    let rows = match sheet::read(list) {
        Ok(rows) => rows,
        Err(why) => return Ok(Err(why)),
    };
    let skus = sheet::skus(&rows);
    let levels = store::levels_of(read, &skus)?;
    Ok(Ok(sheet::plan(&rows, &levels)))
}

/// What became of a list.
enum Turn {
    /// It cannot be read, for this reason.
    Unread(String),
    /// This is what it would do.
    Told(Vec<Planned>),
    /// It is done: so many levels changed.
    Done(u32),
}

async fn count(mut visit: Visit, beside: Beside) -> Result<Response, Error> {
    let form: Form = read_form_within(&mut visit.request, BYTES_MAX).await?;
    let (list, now) = (form.list.clone(), visit.kit.now());
    let turn = if form.act == "save" {
        let (catalog, staff) = ((beside.catalog)(), visit.staff.clone());
        visit.kit.db.write(move |tx| save(tx, &catalog, &list, &staff, now)).await?
    } else {
        let read = visit.kit.db.read(move |read| Ok::<_, Failure<Never>>(planned(read, &list)?));
        match read.await? {
            Err(why) => Turn::Unread(why),
            Ok(rows) => Turn::Told(rows),
        }
    };
    let rows = match turn {
        Turn::Done(changed) => {
            return Ok(see_other(&format!("/admin/stock-count?done={changed}")));
        }
        Turn::Unread(why) => {
            let context = json!({ "list": form.list, "unread": why, "rows_max": sheet::ROWS_MAX });
            return draw(&visit, StatusCode::UNPROCESSABLE_ENTITY, context);
        }
        Turn::Told(rows) => rows,
    };
    let problems = rows.iter().filter(|row| row.problem.is_some()).count();
    let changes = rows.iter().filter(|row| row.delta != 0).count();
    let status = match problems {
        0 => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let context = json!({
        "list": form.list, "rows": rows, "problems": problems, "changes": changes,
        "rows_max": sheet::ROWS_MAX,
    });
    draw(&visit, status, context)
}

/// Does what every row says, when all of them can be done.
fn save(
    tx: &Tx,
    catalog: &Arc<Catalog>,
    list: &str,
    staff: &Staff,
    now: Instant,
) -> Result<Turn, Failure<Refusal>> {
    let rows = match planned(tx, list)? {
        Ok(rows) => rows,
        Err(why) => return Ok(Turn::Unread(why)),
    };
    if rows.iter().any(|row| row.problem.is_some()) {
        return Ok(Turn::Told(rows));
    }
    let (actor, mut changed) = (staff.actor(), 0);
    for row in rows.iter().filter(|row| row.delta != 0) {
        let sku = Sku::from_stored(row.sku.as_str());
        let note = if row.note.is_empty() { "from a list" } else { row.note.as_str() };
        let why = (Reason::Count, Some(note), actor.as_str());
        let is = flow::adjust(tx, catalog, &sku, row.delta, why, now)?;
        let before = json!({ "on_hand": row.was });
        let after = json!({ "on_hand": is, "reason": "count", "note": note });
        identity::note(tx, staff, "stock.count", ("stock", &row.sku), (&before, &after), now)?;
        changed += 1;
    }
    Ok(Turn::Done(changed))
}
