//! `kiosk build`: the storefront as files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::{Ended, load_book, open, progress};
use crate::base::fault::{Doing, Failure, Never};
use crate::base::ids::sha256_hex;
use crate::base::{Clock, Fault, Instant};
use crate::platform::config::{Settings, url_of};
use crate::platform::images::{BACKDROP, Studio};
use crate::platform::render::Render;
use crate::platform::web::{Origin, security_headers};
use crate::pricing::Book;
use crate::recommend::Together;
use crate::search::{self, Index, Levels};
use crate::stock;
use crate::storefront::{self, Beside, Extra, PICTURES, PictureFiles, Written};

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Pages over their budget count as mistakes.
    #[arg(long)]
    strict: bool,
    /// The moment shown, such as 2026-11-24T10:00:00Z, for sales that begin and end; now when
    /// absent.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Makes AVIF of every picture as well, which takes seconds for each.
    #[arg(long)]
    avif: bool,
    /// Takes pictures as they lie in the folder, for a quick look.
    #[arg(long)]
    quick: bool,
    /// Address of the running shop, to which the host passes cart, checkout and the API on.
    #[arg(long, value_name = "URL")]
    api: Option<String>,
}

/// Runs the command: nothing is written when feed, page and structured data disagree. Stock is
/// what the database says, or what the files open with when there is no database yet.
///
/// # Errors
/// When the files have mistakes, a template is wrong, or the folder cannot be written.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    refuse_own_folders(&options.out, settings)?;
    if let Some(api) = options.api.as_deref().filter(|api| !is_origin(api)) {
        let why = format!("--api {api} is no address such as https://shop.example");
        return Err(Fault::new(why));
    }
    let now = options.at.as_deref().map_or(Ok(Clock::System.now()), moment)?;
    let studio = Studio::open(&settings.data_dir.join(PICTURES), BACKDROP)?;
    let mut book = Arc::new(load_book(settings)?);
    if !options.quick {
        let content = &settings.content_dir;
        book = storefront::develop_book(book, content, &studio, options.avif, |done, all| {
            progress("Pictures", done, all);
        })?;
    }
    let (known, together) = if settings.data_dir.join("kiosk.db").exists() {
        let kit = open(settings.clone())?;
        kit.db.read_blocking(|read| {
            let all = Arc::clone(&book);
            let slugs = all.catalog.products.keys().map(String::as_str);
            book = storefront::look_back(read, Arc::clone(&book), slugs, now)?.book;
            Ok::<_, Failure<Never>>((stock::listed_states(read)?, Together::load(read)?))
        })?
    } else {
        (Levels::new(), Together::default())
    };
    let levels = storefront::levels_or_opening(&book.catalog, known);
    // A copy has no shop behind it that would tell pages of edits.
    let public_url = public_url(settings, &book);
    let settings = &Settings { dev: false, public_url, ..settings.clone() };
    let render = Render::open(&settings.site_dir)?.with("exported", true);
    let index = Index::of(&book, &levels, now);
    let (mut edition, render) =
        storefront::prepare(&render, settings, &index, levels.clone(), together, now)?;
    edition.pictures = PictureFiles::new(&book.catalog, &settings.content_dir, Some(&studio));
    let base_url = &settings.public_url;
    let inspection = storefront::inspect(&edition, &book, &levels, now, base_url, false);
    for why in &inspection.disagreements {
        complain!("{why}");
    }
    for excess in &inspection.excess {
        complain!("warning: {}: {}", excess.path, excess.what);
    }
    if !inspection.disagreements.is_empty() || (options.strict && !inspection.excess.is_empty()) {
        complain!("Nothing was written.");
        return Ok(Ended::WithMistakes);
    }
    let beside = Beside {
        missing: storefront::missing_page(&render, &edition)?,
        headers: headers(settings)?,
        api: options.api.clone(),
        extra: search_page(&render, &index, &levels, now)?,
    };
    let Written { files, removed } = storefront::export(&edition, &beside, &options.out)?;
    let out = options.out.display();
    match removed {
        0 => say!("{files} files in {out}"),
        _ => say!("{files} files in {out}; {removed} of an earlier build removed"),
    }
    Ok(Ended::Well)
}

/// The address that pages name: the setting, else that of `shop.toml`. A copy is put somewhere
/// else, where nobody reaches the address of this machine.
fn public_url(settings: &Settings, book: &Book) -> String {
    let usual = url_of(settings.listen);
    match &book.catalog.shop.url {
        _ if settings.public_url != usual => settings.public_url.clone(),
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            complain!("warning: addresses in the copy begin with {usual}: set public_url");
            usual
        }
    }
}

/// Search for a copy that has no shop behind it: a page, and the index its script reads.
fn search_page(
    render: &Render,
    index: &Index,
    levels: &Levels,
    now: Instant,
) -> Result<Vec<Extra>, Fault> {
    let body = serde_json::to_vec(&search::offline_index(index, levels, now))?;
    let address = format!("/search-index.{}.json", &sha256_hex(&body)[..12]);
    let html = render.page(search::OFFLINE_TEMPLATE, search::offline_page(index, &address))?;
    let html_type = "text/html; charset=utf-8".to_owned();
    let json_type = "application/json".to_owned();
    Ok(vec![
        Extra { url: "/search/".to_owned(), content_type: html_type, body: html.into_bytes() },
        Extra { url: address, content_type: json_type, body },
    ])
}

fn is_origin(url: &str) -> bool {
    let plain = url
        .split_once("://")
        .is_some_and(|(_, rest)| !rest.trim_end_matches('/').contains(['/', '?', '#', ' ']));
    plain && Origin::of(url).is_some()
}

fn moment(text: &str) -> Result<Instant, Fault> {
    let read = text.parse::<jiff::Timestamp>();
    Ok(read.doing(&format!("--at {text} is no time such as 2026-11-24T10:00:00Z"))?.into())
}

/// The same headers as the shop's own answers.
fn headers(settings: &Settings) -> Result<Vec<(String, String)>, Fault> {
    let is_https = Origin::of(&settings.public_url).is_some_and(|origin| origin.is_https());
    let all = security_headers(&settings.provider.pages, is_https)?.into_iter();
    all.map(|(name, value)| Ok((name.as_str().to_owned(), value.to_str()?.to_owned()))).collect()
}

/// What is written must never land among the shop's own files.
fn refuse_own_folders(out: &Path, settings: &Settings) -> Result<(), Fault> {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path));
    let target = whole(out)?;
    for own in [&settings.content_dir, &settings.data_dir, &settings.site_dir] {
        let own_place = whole(own)?;
        if target.starts_with(&own_place) || own_place.starts_with(&target) {
            let (out, own) = (out.display(), own.display());
            let why = format!("--out {out} would mix with the shop's own {own}; choose dist, say");
            return Err(Fault::new(why));
        }
    }
    Ok(())
}
