//! Products in and out as CSV.

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::{by_file, href, note_all, reading, tabs};
use super::editor::text_of;
use super::saving::write;
use crate::base::fault::Failure;
use crate::base::{Fault, Problem};
use crate::catalog::edit::{Kind, values};
use crate::catalog::exchange::{self, Outcome};
use crate::identity::{Right, Visit, see_other};
use crate::platform::web::{Error, Part, Spreadsheet, read_parts, read_query};
use crate::pricing::Loaded;
use crate::storefront::{self, By, Import, Reading, Refusal, Shelf};

/// Largest table, in bytes, with the form around it.
const TABLE_BYTES_MAX: usize = 20 << 20;
/// Rows of the report that a page shows; the first are those that were left out.
const ROWS_SHOWN_MAX: usize = 500;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
    files: usize,
}

/// `GET /admin/catalog-table`
pub(super) async fn show(shelf: Shelf, visit: Visit) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let reading = reading(&visit.kit, &shelf).await?;
    let left_out: Vec<Value> = left_out(&reading)
        .map(|slug| json!({ "slug": slug, "href": href(Kind::Product, slug) }))
        .collect();
    let more = json!({ "done": asked.done, "files": asked.files, "left_out": left_out });
    draw(&shelf, &visit, StatusCode::OK, more)
}

/// Products that a saved table would lack, because their files cannot be read. Only files that
/// something is wrong with are looked into.
fn left_out(reading: &Reading) -> impl Iterator<Item = &str> {
    let wrong = by_file(&reading.complaints);
    let files = reading.files.texts("products/", "toml");
    files.filter_map(move |(slug, path, text)| {
        let is_lost = || text.is_none_or(|text| values(Kind::Product, text).is_err());
        (wrong.contains_key(path) && is_lost()).then_some(slug)
    })
}

fn draw(
    shelf: &Shelf,
    visit: &Visit,
    status: StatusCode,
    mut more: Value,
) -> Result<Response, Error> {
    let book = shelf.books.now();
    let shelves = book.catalog.categories.iter();
    let shelves = shelves.map(|c| json!({ "path": c.path, "title": c.title }));
    if let Some(more) = more.as_object_mut() {
        more.insert("tabs".to_owned(), tabs("table"));
        more.insert("shelves".to_owned(), shelves.collect());
        more.insert(
            "columns".to_owned(),
            exchange::COLUMNS.iter().map(|(name, _)| *name).collect(),
        );
        more.insert("products".to_owned(), json!(book.catalog.products.len()));
        more.insert("may_change".to_owned(), json!(visit.may(Right::ChangeCatalog)));
    }
    visit.page_with(status, "admin/catalog_table.html", "catalog", more)
}

/// `GET /admin/catalog-table/products.csv`
pub(super) async fn export(shelf: Shelf, visit: Visit) -> Result<Response, Error> {
    let reading = reading(&visit.kit, &shelf).await?;
    let made = tokio::task::spawn_blocking(move || {
        let files = &reading.files;
        let products = files.texts("products/", "toml").filter_map(|(slug, _, text)| {
            Some((slug, text?, files.text(&format!("products/{slug}.md"))))
        });
        exchange::export(products)
    });
    let (bytes, _) = made.await.map_err(Fault::from)?.map_err(Fault::new)?;
    Ok(bytes
        .with_content_type("text/csv; charset=utf-8")
        .with_header(header::CONTENT_DISPOSITION, "attachment; filename=\"products.csv\"")
        .into_response())
}

/// `POST /admin/catalog-table`: what a table would do; as a table itself, or done, when it is sent
/// again for that.
pub(super) async fn import(shelf: Shelf, mut visit: Visit) -> Result<Response, Error> {
    let parts = read_parts(&mut visit.request, TABLE_BYTES_MAX).await?;
    let text = |name: &str| {
        parts.iter().find(|part| part.name == name).map(Part::text).unwrap_or_default()
    };
    let (category, is_wanted) = (text("category"), text("write") == "yes");
    let sent = parts.iter().find(|part| part.name == "file" && !part.content.is_empty());
    let sent = sent.or_else(|| parts.iter().find(|part| part.name == "table"));
    let Some(table) = sent.map(|part| part.content.clone()).filter(|bytes| !bytes.is_empty())
    else {
        return refused(&shelf, &visit, "No table was sent.", "Choose a CSV file first.");
    };
    let (bytes, other) = (table.clone(), category.clone());
    let import = match read(&shelf, &visit, move |loaded| {
        let book = loaded.book.as_ref().ok_or(None)?;
        let other = Some(other.as_str()).filter(|path| book.catalog.category(path).is_some());
        storefront::import(&bytes, loaded, book, other).map_err(Some)
    })
    .await?
    {
        Ok(import) => import,
        Err(Some(why)) => {
            return refused(&shelf, &visit, "The table cannot be read.", &why.to_string());
        }
        Err(None) => {
            let hint = "Mend them first: what a table changes is checked with everything else.";
            return refused(&shelf, &visit, "Files of the shop have mistakes.", hint);
        }
    };
    if text("write") == "report" {
        return Ok(report(&import)?);
    }
    if is_wanted && !import.changes.is_empty() {
        return carry_out(&shelf, &visit, import).await;
    }
    let shown = String::from_utf8_lossy(&table).into_owned();
    let told = json!({ "found": told(&import), "category": category, "table": shown });
    draw(&shelf, &visit, StatusCode::OK, told)
}

/// What would become of every row, however many there are, in the order of the table.
fn report(import: &Import) -> Result<Response, Fault> {
    let mut sheet = Spreadsheet::new(&["line", "product", "outcome", "why"])?;
    for row in &import.report {
        sheet.row([row.line.to_string().as_str(), &row.slug, row.outcome.word(), &row.why])?;
    }
    sheet.answer("import-report.csv")
}

/// Does something with the whole shop as it is loaded.
async fn read<T: Send + 'static>(
    shelf: &Shelf,
    visit: &Visit,
    ask: impl FnOnce(&Loaded) -> T + Send + 'static,
) -> Result<T, Error> {
    let reading = reading(&visit.kit, shelf).await?;
    let book = shelf.books.now();
    let asked = tokio::task::spawn_blocking(move || {
        let book = (reading.is_good && reading.revision == book.revision).then(|| (*book).clone());
        let (complaints, files) = (reading.complaints.clone(), reading.files.clone());
        ask(&Loaded { book, complaints, files })
    });
    Ok(asked.await.map_err(Fault::from)?)
}

fn refused(shelf: &Shelf, visit: &Visit, title: &str, hint: &str) -> Result<Response, Error> {
    let problem = json!({ "problem": { "title": title, "hint": hint } });
    draw(shelf, visit, StatusCode::UNPROCESSABLE_ENTITY, problem)
}

async fn carry_out(shelf: &Shelf, visit: &Visit, import: Import) -> Result<Response, Error> {
    let files = import.changes.len();
    let by = By { who: visit.actor(), what: format!("imported {files} products from a table") };
    let before = reading(&visit.kit, shelf).await?;
    let texts = import.changes.iter().map(|change| {
        let was = before.files.text(&change.path).unwrap_or_default().to_owned();
        (change.path.clone(), was, text_of(change.content.as_deref()))
    });
    let texts: Vec<(String, String, String)> = texts.collect();
    match write(shelf, visit, import.changes, by).await {
        Ok(saved) => {
            note_all(visit, "import", texts, &saved).await?;
            Ok(see_other(&format!("/admin/catalog-table?done=imported&files={files}")))
        }
        Err(Failure::Refused(Refusal::Conflict { path, .. })) => {
            let why = format!("{path} was changed meanwhile. Send the table again.");
            Err(Problem::new(409, "content-changed", "Changed meanwhile", why).into())
        }
        Err(failure) => Err(failure.into()),
    }
}

fn told(import: &Import) -> Value {
    let mut rows: Vec<_> = import.report.iter().collect();
    rows.sort_by_key(|row| (row.outcome != Outcome::Skipped, row.why.is_empty(), row.line));
    let count = |outcome| import.count(outcome);
    let row = |row: &&exchange::Reported| {
        let is_there = matches!(row.outcome, Outcome::Changed | Outcome::Same);
        json!({
            "line": row.line, "slug": row.slug, "outcome": row.outcome, "why": row.why,
            "href": is_there.then(|| href(Kind::Product, &row.slug)),
        })
    };
    json!({
        "maker": import.maker.word(), "rows": import.report.len(),
        "made": count(Outcome::Made), "changed": count(Outcome::Changed),
        "same": count(Outcome::Same), "skipped": count(Outcome::Skipped),
        "files": import.changes.len(),
        "report": rows.iter().take(ROWS_SHOWN_MAX).map(row).collect::<Vec<_>>(),
        "left_off": rows.len().saturating_sub(ROWS_SHOWN_MAX),
    })
}
