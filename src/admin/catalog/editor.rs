//! The page on which a file is edited, in a form or as text, and what became of it in the past.

use std::collections::{BTreeMap, BTreeSet};

use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::{NEW, by_file, href, named, nothing, page_of, reading, tabs, told};
use super::pictures::has_pictures;
use crate::base::fault::Failure;
use crate::catalog::edit::{Kind, Values, duplicate, field_at, values, view};
use crate::catalog::{Catalog, picture_url};
use crate::identity::{Right, Visit};
use crate::platform::content::Complaint;
use crate::platform::content::report::sentence;
use crate::platform::web::{Error, read_query};
use crate::search::PictureView;
use crate::storefront::{self, Change, Reading, Refusal, Shelf, content_of, digest_of};

/// Names offered in a field; whoever has more types on.
const OFFERED_MAX: usize = 800;
/// Former states shown of a file.
const PAST_MAX: usize = 60;

/// How a file is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// Fields.
    #[default]
    Form,
    /// The text as it is.
    Text,
    /// The text of the description beside it.
    Beside,
}

impl Way {
    pub(super) fn parse(word: &str) -> Self {
        match word {
            "text" => Self::Text,
            "beside" => Self::Beside,
            _ => Self::Form,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Text => "text",
            Self::Beside => "beside",
        }
    }

    /// The file that is edited so.
    pub(super) fn path(self, kind: Kind, slug: &str) -> String {
        match self {
            Self::Beside => format!("{}/{slug}.md", kind.folder()),
            _ => kind.path(slug),
        }
    }
}

/// What somebody is about to write.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    /// `+new` as long as it is not there.
    pub(super) slug: String,
    /// The address wanted for something new.
    pub(super) wanted: String,
    pub(super) way: Way,
    pub(super) text: String,
    /// What the form shows instead of what the text says.
    pub(super) sent: Option<Values>,
    /// SHA-256 of the file that was seen.
    pub(super) seen: String,
    /// Empty rows, by list.
    pub(super) more: BTreeMap<String, usize>,
}

/// What is on top of the page.
#[derive(Default)]
pub(super) struct Told<'a> {
    pub(super) status: StatusCode,
    pub(super) problem: Option<Value>,
    pub(super) wrong: Option<(&'a [Complaint], Vec<Value>)>,
    pub(super) done: String,
    pub(super) undo: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    copy_of: String,
    picture: String,
    alt: String,
    done: String,
    undo: String,
}

/// What a file holds on disk now.
pub(super) async fn on_disk(
    visit: &Visit,
    path: String,
) -> Result<Option<Vec<u8>>, Failure<Refusal>> {
    let kit = visit.kit.clone();
    tokio::task::spawn_blocking(move || content_of(&kit.settings.content_dir, &path)).await?
}

/// The description beside a file, which goes with it.
pub(super) async fn beside_gone(
    visit: &Visit,
    kind: Kind,
    slug: &str,
) -> Result<Option<Change>, Failure<Refusal>> {
    if !matches!(kind, Kind::Product | Kind::Bundle) {
        return Ok(None);
    }
    let path = Way::Beside.path(kind, slug);
    let there = on_disk(visit, path.clone()).await?;
    Ok(there.map(|bytes| Change { path, content: None, seen: digest_of(Some(&bytes)) }))
}

pub(super) fn text_of(bytes: Option<&[u8]>) -> String {
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

/// `GET /admin/catalog/:folder/:slug`
pub(super) async fn show(shelf: Shelf, visit: Visit) -> Result<Response, Error> {
    let (kind, slug) = named(&visit)?;
    let asked: Asked = read_query(&visit.request)?;
    let way = Way::parse(&asked.view);
    let mut draft = Draft {
        kind,
        slug: slug.clone(),
        wanted: String::new(),
        way,
        text: String::new(),
        sent: None,
        seen: String::new(),
        more: BTreeMap::new(),
    };
    if slug == NEW {
        if crate::base::slug::is_slug(&asked.copy_of) {
            let bytes = on_disk(&visit, kind.path(&asked.copy_of)).await?;
            let text = text_of(bytes.as_deref());
            draft.text = duplicate(kind, &text).unwrap_or(text);
            draft.wanted = format!("{}-copy", asked.copy_of);
        }
    } else {
        let bytes = on_disk(&visit, way.path(kind, &slug)).await?;
        if bytes.is_none() && way != Way::Beside {
            return Err(nothing());
        }
        draft.seen = digest_of(bytes.as_deref());
        draft.text = text_of(bytes.as_deref());
    }
    if !asked.picture.is_empty()
        && let Ok(mut shown) = values(kind, &draft.text)
    {
        // A picture that was just sent stands in a row of its own, or in a category's place for
        // one, to be saved.
        let free = |at: &u32| !shown.contains_key(&format!("images.{at}.file"));
        let place = match kind {
            Kind::Category => "image".to_owned(),
            _ => format!("images.{}", (0..1000).find(free).unwrap_or(0)),
        };
        shown.insert(format!("{place}.file"), asked.picture.chars().take(200).collect());
        shown.insert(format!("{place}.alt"), asked.alt.chars().take(300).collect());
        draft.sent = Some(shown);
    }
    let is_digest = asked.undo.len() == 64 && asked.undo.bytes().all(|b| b.is_ascii_hexdigit());
    let told = Told { done: asked.done, undo: is_digest.then_some(asked.undo), ..Told::default() };
    draw(&shelf, &visit, &draft, told).await
}

/// The page with a draft, whatever is wrong with it.
pub(super) async fn draw(
    shelf: &Shelf,
    visit: &Visit,
    draft: &Draft,
    mut told_: Told<'_>,
) -> Result<Response, Error> {
    let reading = reading(&visit.kit, shelf).await?;
    let (kind, is_new) = (draft.kind, draft.slug == NEW);
    let path = draft.way.path(kind, &draft.slug);
    let read = values(kind, &draft.text);
    let mut way = draft.way;
    if way == Way::Form
        && draft.sent.is_none()
        && let Err(why) = &read
        && !(is_new && draft.text.is_empty())
    {
        // A form cannot show it: the text can.
        way = Way::Text;
        told_.problem.get_or_insert_with(|| json!({ "title": why.words() }));
    }
    let shown = draft.sent.clone().or(read.ok()).unwrap_or_default();
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for complaint in told_.wrong.iter().flat_map(|(all, _)| all.iter()) {
        if complaint.file == path || is_new {
            let name = field_of(kind, &draft.text, complaint);
            wrong.entry(name).or_default().push(sentence(complaint));
        }
    }
    let mut more = draft.more.clone();
    if is_new && more.is_empty() {
        more.insert("items".to_owned(), 3);
        more.insert("images".to_owned(), 1);
    }
    let own = by_file(&reading.complaints);
    let own: Vec<Complaint> = own
        .get(path.as_str())
        .into_iter()
        .flatten()
        .map(|complaint| (*complaint).clone())
        .collect();
    let book = shelf.books.now();
    let catalog = &book.catalog;
    let described = reading.files.file(&format!("{}/{}.md", kind.folder(), draft.slug)).is_some();
    let status = if told_.status == StatusCode::OK { StatusCode::OK } else { told_.status };
    // A draft has no page in the shop yet.
    let is_draft = shown.get("status").is_some_and(|status| status == "draft");
    let context = json!({
        "tabs": tabs(kind.folder()), "kind": kind.word(), "folder": kind.folder(),
        "slug": draft.slug, "wanted": draft.wanted, "is_new": is_new, "path": path,
        "here": href(kind, &draft.slug), "list": list_of(kind), "way": way.word(),
        "text": draft.text, "seen": draft.seen, "more": more,
        "groups": view(kind, &shown, &wrong, &more), "title": shown.get("title"),
        "page": (!is_new && !is_draft).then(|| page_of(kind, &draft.slug)).flatten(),
        "has_pictures": has_pictures(kind),
        "is_described_beside": described && matches!(kind, Kind::Product | Kind::Bundle),
        "offered": offered(catalog, &reading), "pictures": pictures(catalog, &reading, &shown),
        "parts": parts(catalog, &shown, visit.kit.now()),
        "complaints": told(&own, &reading.files),
        "wrong": told_.wrong.map(|(_, told)| told), "problem": told_.problem,
        "done": told_.done, "undo": told_.undo, "may_change": visit.may(Right::ChangeCatalog),
    });
    visit.page_with(status, "admin/catalog_edit.html", "catalog", context)
}

/// The field a complaint is about.
fn field_of(kind: Kind, text: &str, complaint: &Complaint) -> String {
    let quoted = complaint.message.split('`').nth(1);
    let missing = quoted.filter(|_| complaint.code == "key-missing");
    field_at(kind, text, &complaint.span, missing)
}

fn list_of(kind: Kind) -> String {
    match kind {
        Kind::Product => "/admin/catalog".to_owned(),
        kind => format!("/admin/catalog/{}", kind.folder()),
    }
}

/// Words that fields offer while one types.
fn offered(catalog: &Catalog, reading: &Reading) -> Value {
    let skus = catalog.products.values().flat_map(|product| {
        product.variants.iter().map(|variant| {
            let label = variant.label();
            let title = match label.as_str() {
                "" => product.title.clone(),
                label => format!("{}, {label}", product.title),
            };
            json!({ "value": variant.sku, "title": title })
        })
    });
    let tags: BTreeSet<&str> =
        catalog.products.values().flat_map(|p| p.tags.iter().map(String::as_str)).collect();
    let types: BTreeSet<&str> =
        catalog.products.values().filter_map(|p| p.product_type.as_deref()).collect();
    let pictures = reading.files.paths().filter_map(|path| path.strip_prefix("images/"));
    json!({
        "shelves": catalog.categories.iter()
            .map(|c| json!({ "value": c.path, "title": c.title })).collect::<Vec<_>>(),
        "skus": skus.take(OFFERED_MAX).collect::<Vec<_>>(),
        "tags": tags.into_iter().take(OFFERED_MAX).collect::<Vec<_>>(),
        "types": types.into_iter().take(OFFERED_MAX).collect::<Vec<_>>(),
        "pictures": pictures.take(OFFERED_MAX).collect::<Vec<_>>(),
    })
}

/// Small pictures by file, for the rows of the form. S2.69
fn pictures(catalog: &Catalog, reading: &Reading, shown: &Values) -> BTreeMap<String, String> {
    let files = shown.iter().filter(|(name, text)| {
        !text.is_empty() && (name.ends_with(".file") || name.ends_with(".image"))
    });
    let products = catalog.products.values().flat_map(|product| product.images.iter());
    let all: Vec<_> = products.chain(catalog.bundles.values().flat_map(|b| &b.images)).collect();
    let address = |file: &String| {
        let digest = reading.files.file(&format!("images/{file}"))?.digest();
        let url = picture_url(file, digest);
        let known = all.iter().find(|picture| picture.url == url);
        Some(known.map_or_else(
            || format!("/admin/catalog-pictures/{file}"),
            |picture| PictureView::small(picture).src,
        ))
    };
    files.filter_map(|(_, file)| Some((file.clone(), address(file)?))).collect()
}

/// Title, tier and price of what a bundle holds, by SKU. S2.119
fn parts(catalog: &Catalog, shown: &Values, now: crate::base::Instant) -> BTreeMap<String, Value> {
    let skus =
        shown.iter().filter(|(name, _)| name.starts_with("items.") && name.ends_with(".sku"));
    let part = |text: &String| {
        let sku = crate::base::ids::Sku::parse(text)?;
        let (product, variant) = catalog.find(&sku)?;
        let picture = product.picture_of(variant).map(PictureView::small);
        Some(json!({
            "title": product.title, "label": variant.label(), "tier": product.tier.word(),
            "price_minor": variant.price_at(now), "picture": picture,
            "href": href(Kind::Product, &product.slug),
        }))
    };
    skus.filter_map(|(_, text)| Some((text.clone(), part(text)?))).collect()
}

/// `GET /admin/catalog/:folder/:slug/history`
pub(super) async fn history(_: Shelf, visit: Visit) -> Result<Response, Error> {
    let (kind, slug) = named(&visit)?;
    let asked: Asked = read_query(&visit.request)?;
    let path = Way::parse(&asked.view).path(kind, &slug);
    let (kit, of) = (visit.kit.clone(), path.clone());
    let past = tokio::task::spawn_blocking(move || {
        storefront::history(&kit.settings.data_dir, &of, PAST_MAX)
    });
    let past = past.await.map_err(crate::base::Fault::from)??;
    let now = on_disk(&visit, path.clone()).await?;
    let digest = digest_of(now.as_deref());
    let rows = past.iter().map(|past| {
        let at = past.state.moment();
        json!({
            "at": at.map(|at| at.0), "at_text": past.state.at, "revision": past.state.revision,
            "who": past.state.by.as_ref().map(|by| by.who.trim_start_matches("staff:")),
            "what": past.state.by.as_ref().map(|by| &by.what), "digest": past.digest,
            "is_now": past.digest.as_ref() == Some(&digest),
        })
    });
    let context = json!({
        "kind": kind.word(), "slug": slug, "path": path, "here": href(kind, &slug),
        "view": Way::parse(&asked.view).word(), "past": rows.collect::<Vec<_>>(),
        "may_change": visit.may(Right::ChangeCatalog),
    });
    visit.page("admin/catalog_history.html", "catalog", context)
}
