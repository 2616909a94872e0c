//! The edition as a folder of files, for any static host.
//!
//! Beside pages, assets and pictures stand what hosts read: `_headers`, `_redirects`, `404.html`,
//! and every text packed as `.br` and `.gz`. `.kiosk-build` lists what was written, so that the
//! next build can take away what is no longer made, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

use hyper::body::Bytes;

use super::edition::Edition;
use crate::base::Fault;
use crate::base::fault::Doing;

/// The list of what a build wrote.
const MANIFEST: &str = ".kiosk-build";
/// Paths that only a running shop answers. [`SEARCH`] is another one unless the copy has its own.
pub const LIVE: [&str; 14] = [
    "/admin",
    "/admin/*",
    "/api/*",
    "/cart",
    "/cart/*",
    "/checkout",
    "/checkout/*",
    "/order",
    "/order/*",
    "/orders",
    "/letters/*",
    "/hooks/*",
    "/webhooks/*",
    "/simulator/*",
];
/// The page of search results.
const SEARCH: &str = "/search";
/// Brotli quality: the best that does not take seconds for each page.
const BROTLI_QUALITY: u32 = 9;

/// One more file that the edition does not have.
pub struct Extra {
    /// Its address.
    pub url: String,
    /// Its media type.
    pub content_type: String,
    /// What it holds.
    pub body: Vec<u8>,
}

/// What a copy has beside the edition.
#[derive(Default)]
pub struct Beside {
    /// The page for addresses that lead nowhere.
    pub missing: String,
    /// Headers of every answer, by name.
    pub headers: Vec<(String, String)>,
    /// Address of the running shop, which answers what the copy cannot.
    pub api: Option<String>,
    /// Further files.
    pub extra: Vec<Extra>,
}

/// What became of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Files the copy has now.
    pub files: usize,
    /// Files of a former build that were taken away.
    pub removed: usize,
}

/// What a file holds.
enum Content {
    Text(Bytes),
    Binary(Bytes),
    Picture(PathBuf),
}

/// Writes the copy below `out`. Files of a former build that are no longer made are taken away;
/// whatever else lies there is left alone.
///
/// # Errors
/// When the folder cannot be written, or leads elsewhere by a link.
pub fn export(edition: &Edition, beside: &Beside, out: &Path) -> Result<Written, Fault> {
    fs::create_dir_all(out).doing(&format!("making {}", out.display()))?;
    let out = &out.canonicalize()?;
    let files = gather(edition, beside);
    let before = read_manifest(out)?;
    let known: BTreeSet<String> = before.iter().cloned().collect();
    let made = pack_and_list(out, &files, known)?;
    let gone = before.iter().filter(|name| !made.contains(*name));
    let removed = gone.filter(|name| take_away(out, name)).count();
    write_manifest(out, &made)?;
    Ok(Written { files: made.len() + 1, removed })
}

/// Every file by its place below the folder.
fn gather(edition: &Edition, beside: &Beside) -> BTreeMap<String, Content> {
    let mut files = BTreeMap::new();
    let of_type = |media: &str, body: Bytes| {
        let texts = ["text/", "application/json", "application/xml", "image/svg"];
        let is_text = texts.iter().any(|text| media.starts_with(text)) || media.contains("+xml");
        if is_text { Content::Text(body) } else { Content::Binary(body) }
    };
    for (url, file) in &edition.files {
        files.insert(file_of(url), of_type(file.content_type(), file.plain()));
    }
    for extra in &beside.extra {
        let body = Bytes::from(extra.body.clone());
        files.insert(file_of(&extra.url), of_type(&extra.content_type, body));
    }
    for (url, source) in edition.pictures.list() {
        files.insert(file_of(&url), Content::Picture(source));
    }
    let mut text = |name: &str, text: String| {
        files.insert(name.to_owned(), Content::Text(Bytes::from(text)));
    };
    text("404.html", beside.missing.clone());
    let mut host = |name: &str, text: String| {
        files.insert(name.to_owned(), Content::Binary(Bytes::from(text)));
    };
    host("_headers", headers(edition, beside));
    host("_redirects", redirects(edition, beside));
    files
}

/// A page's address ends in `/`, its file in `index.html`.
fn file_of(url: &str) -> String {
    let path = url.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    }
}

/// Old addresses, then what the running shop answers; the first line that fits counts.
fn redirects(edition: &Edition, beside: &Beside) -> String {
    let old: BTreeMap<&String, &String> = edition.redirects.iter().collect();
    let mut lines = String::new();
    for (from, to) in old {
        let _ = writeln!(lines, "{from} {to} 308");
    }
    let Some(api) = beside.api.as_deref().map(|api| api.trim_end_matches('/')) else {
        return lines;
    };
    let own_search = beside.extra.iter().any(|extra| extra.url.trim_end_matches('/') == SEARCH);
    for path in LIVE.into_iter().chain((!own_search).then_some(SEARCH)) {
        let _ = match path.strip_suffix('*') {
            Some(stem) => writeln!(lines, "{path} {api}{stem}:splat 200"),
            None => writeln!(lines, "{path} {api}{path} 200"),
        };
    }
    lines
}

/// Headers that fit more than one rule are joined by some hosts and replaced by others: so what
/// differs from place to place stands in rules that do not overlap.
fn headers(edition: &Edition, beside: &Beside) -> String {
    let policy = "cross-origin-resource-policy";
    let (everywhere, mut places) = (&beside.headers, BTreeMap::new());
    let mut rule = |url: &str, cache: &str, from: &str, media: Option<&str>| {
        let mut lines = format!("  cache-control: {cache}\n  {policy}: {from}\n");
        if let Some(media) = media {
            let _ = writeln!(lines, "  content-type: {media}");
        }
        places.entry(place_of(url)).or_insert(lines);
    };
    for (url, file) in edition.files.iter().collect::<BTreeMap<_, _>>() {
        // A file at the root stands alone, so its type can be said.
        let alone = (place_of(url) == **url).then(|| file.content_type());
        let from = if file.content_type() == "image/png" { "cross-origin" } else { "same-origin" };
        rule(url, file.cache_control(), from, alone);
    }
    for extra in &beside.extra {
        let alone = (place_of(&extra.url) == extra.url).then_some(extra.content_type.as_str());
        rule(&extra.url, super::edition::PAGE_CACHE, "same-origin", alone);
    }
    for url in edition.pictures.list().keys() {
        // Letters are read in other people's programs, and show pictures of the order.
        rule(url, super::edition::FOREVER, "cross-origin", None);
    }
    let mut lines = String::from("/*\n");
    for (name, value) in everywhere {
        if name != policy && name != "cache-control" {
            let _ = writeln!(lines, "  {name}: {value}");
        }
    }
    for (place, rules) in places {
        let _ = write!(lines, "{place}\n{rules}");
    }
    lines
}

/// `/product/mug/` stands in `/product/*`; a file at the root stands for itself.
fn place_of(url: &str) -> String {
    match url.trim_start_matches('/').split_once('/') {
        Some((first, _)) => format!("/{first}/*"),
        None => url.to_owned(),
    }
}

/// Writes every file and its packed twins on all cores. What is written is listed first: a build
/// that is cut short leaves nothing the next one does not know.
fn pack_and_list(
    out: &Path,
    files: &BTreeMap<String, Content>,
    mut known: BTreeSet<String>,
) -> Result<BTreeSet<String>, Fault> {
    for (name, content) in files {
        known.insert(name.clone());
        if matches!(content, Content::Text(_)) {
            known.extend([format!("{name}.br"), format!("{name}.gz")]);
        }
    }
    write_manifest(out, &known)?;
    let all: Vec<(&String, &Content)> = files.iter().collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = all.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let some = |chunk: &[(&String, &Content)]| -> Result<Vec<String>, Fault> {
            let each = chunk.iter().map(|(name, content)| write_one(out, name, content));
            Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        };
        let workers: Vec<_> =
            all.chunks(share).map(|chunk| scope.spawn(move || some(chunk))).collect();
        let mut made = BTreeSet::new();
        for worker in workers {
            made.extend(worker.join().map_err(|_| Fault::new("writing a file panicked"))??);
        }
        Ok(made)
    })
}

fn write_one(out: &Path, name: &str, content: &Content) -> Result<Vec<String>, Fault> {
    let body = match content {
        Content::Text(body) | Content::Binary(body) => body.clone(),
        Content::Picture(source) => {
            fs::read(source).doing(&format!("reading {}", source.display()))?.into()
        }
    };
    write(out, name, &body)?;
    let mut made = vec![name.to_owned()];
    if matches!(content, Content::Text(_)) {
        for (ending, packed) in [("br", brotli(&body)?), ("gz", gzip(&body)?)] {
            if packed.len() < body.len() {
                let name = format!("{name}.{ending}");
                write(out, &name, &packed)?;
                made.push(name);
            }
        }
    }
    Ok(made)
}

fn brotli(plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 4096, BROTLI_QUALITY, 22);
    writer.write_all(plain)?;
    drop(writer);
    Ok(out)
}

fn gzip(plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain)?;
    Ok(writer.finish()?)
}

/// A file's place, which must lie inside the folder even where a link leads elsewhere.
fn place(out: &Path, name: &str) -> Result<PathBuf, Fault> {
    let is_plain = !name.split('/').any(|part| matches!(part, "" | "." | ".."));
    let path = out.join(name);
    let folder = path.parent().unwrap_or(out);
    if is_plain && folder.canonicalize().is_ok_and(|real| real.starts_with(out)) {
        return Ok(path);
    }
    Err(Fault::new(format!("{} lies outside {}", path.display(), out.display())))
}

/// Writes a file, unless it holds these bytes already.
#[expect(
    clippy::disallowed_methods,
    reason = "an export is made anew, never read back by the shop"
)]
fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    if let Some(folder) = out.join(name).parent() {
        fs::create_dir_all(folder).doing(&format!("making {}", folder.display()))?;
    }
    let path = place(out, name)?;
    if fs::read(&path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(&path, bytes).doing(&format!("writing {}", path.display()))
}

fn read_manifest(out: &Path) -> Result<Vec<String>, Fault> {
    match fs::read_to_string(out.join(MANIFEST)) {
        Ok(list) => Ok(list.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).doing(&format!("reading {MANIFEST}")),
    }
}

fn write_manifest(out: &Path, made: &BTreeSet<String>) -> Result<(), Fault> {
    let list: Vec<String> = made.iter().map(|name| format!("{name}\n")).collect();
    write(out, MANIFEST, list.concat().as_bytes())
}

/// Removes a file of a former build, and the folders that are empty without it.
fn take_away(out: &Path, name: &str) -> bool {
    let Ok(path) = place(out, name) else { return false };
    let is_file = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file());
    if !is_file || fs::remove_file(&path).is_err() {
        return false;
    }
    for folder in path.ancestors().skip(1).take_while(|folder| *folder != out) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    true
}
