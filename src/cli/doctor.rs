//! `kiosk doctor`: the running shop as a buyer's browser finds it. Every page of the sitemap is
//! visited, and every file that these pages name is fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use super::Ended;
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::platform::config::Settings;
use crate::platform::web::{Fetched, Outgoing};
use crate::storefront::{listed, named};

/// Visits at the same time: few enough for a shop that has buyers meanwhile.
const AT_ONCE: usize = 8;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The largest file that is looked at, in bytes; a sitemap of 50,000 pages is smaller.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Where the shop is reached; `public_url` when absent.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Writes one JSON document.
    #[arg(long)]
    json: bool,
}

/// What is wrong with a file, and who names it.
type Wrong = (String, String, String);

/// Runs the command.
///
/// # Errors
/// When the shop cannot be reached.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    let root = options.url.as_ref().unwrap_or(&settings.public_url).trim_end_matches('/');
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .doing("starting the runtime")?;
    let visitor = Visitor { outgoing: Outgoing::new(true, PATIENCE), root: root.into() };
    let (pages, files, wrong) = runtime.block_on(visitor.look_over())?;
    if options.json {
        let wrong: Vec<_> = wrong
            .iter()
            .map(|(path, what, by)| json!({ "path": path, "what": what, "named_by": by }))
            .collect();
        let ok = wrong.is_empty();
        say!(
            "{:#}",
            json!({ "url": root, "pages": pages, "files": files, "ok": ok, "wrong": wrong })
        );
    } else {
        for (path, what, by) in &wrong {
            say!("{path} {what}; {by} names it");
        }
        match wrong.len() {
            0 => say!("All well: {pages} pages and {files} files at {root}."),
            count => {
                complain!("{count} of {pages} pages and {files} files at {root} are not well.");
            }
        }
    }
    Ok(if wrong.is_empty() { Ended::Well } else { Ended::WithMistakes })
}

/// An address, who names it, and the files that it names in turn or what is wrong with it.
type Visited = (String, String, Result<BTreeSet<String>, String>);

/// Somebody who looks at the shop from outside.
#[derive(Clone)]
struct Visitor {
    outgoing: Outgoing,
    root: Arc<str>,
}

impl Visitor {
    /// How many pages and files there are, and what is wrong with which.
    async fn look_over(&self) -> Result<(usize, usize, Vec<Wrong>), Fault> {
        let mut pages = BTreeMap::new();
        let mut maps = vec!["/sitemap.xml".to_owned()];
        let mut known: BTreeSet<String> = maps.iter().cloned().collect();
        while let Some(map) = maps.pop() {
            let unreached = |why| {
                let root = &self.root;
                Fault::new(format!(
                    "{root}{map} {why}; is the shop open there? --url names another address"
                ))
            };
            let text = judged(self.get(&map).await, "xml").map_err(unreached)?;
            for address in listed(&String::from_utf8_lossy(&text.body)) {
                let path = path_of(&address);
                if !path.ends_with(".xml") {
                    pages.insert(path, map.clone());
                } else if known.insert(path.clone()) {
                    maps.push(path);
                }
            }
        }
        if pages.is_empty() {
            let root = &self.root;
            return Err(Fault::new(format!("{root}/sitemap.xml names no page of a shop")));
        }
        let count = pages.len();
        let (mut wrong, mut files) = (Vec::new(), BTreeMap::new());
        for (page, by, seen) in self.visit(pages).await? {
            match seen {
                Ok(names) => {
                    for file in names {
                        files.entry(file).or_insert_with(|| page.clone());
                    }
                }
                Err(what) => wrong.push((page, what, by)),
            }
        }
        let files_count = files.len();
        let seen = self.visit(files).await?.into_iter();
        wrong.extend(seen.filter_map(|(file, by, seen)| Some((file, seen.err()?, by))));
        wrong.sort();
        Ok((count, files_count, wrong))
    }

    /// Fetches all of them; what is kept of each is which files it names, or what is wrong with it.
    async fn visit(&self, all: BTreeMap<String, String>) -> Result<Vec<Visited>, Fault> {
        let (mut visits, mut seen) = (JoinSet::new(), Vec::with_capacity(all.len()));
        let mut waiting = all.into_iter();
        loop {
            while visits.len() < AT_ONCE
                && let Some((path, by)) = waiting.next()
            {
                let visitor = self.clone();
                visits.spawn(async move {
                    let names = judged(visitor.get(&path).await, wanted(&path)).map(|seen| {
                        let text = String::from_utf8_lossy(&seen.body);
                        if path.ends_with('/') { named(&text) } else { BTreeSet::new() }
                    });
                    (path, by, names)
                });
            }
            match visits.join_next().await {
                Some(visit) => seen.push(visit?),
                None => break,
            }
        }
        seen.sort();
        Ok(seen)
    }

    async fn get(&self, path: &str) -> Result<Fetched, String> {
        self.outgoing.get(&format!("{}{path}", self.root), BYTES_MAX).await
    }
}

/// What kind of answer an address must have.
fn wanted(path: &str) -> &'static str {
    match path {
        _ if path.starts_with("/images/") => "image/",
        _ if path.ends_with('/') => "text/html",
        _ => "",
    }
}

/// What was fetched, when it is what was wanted; else why it is not, in words that follow its name.
fn judged(seen: Result<Fetched, String>, kind: &str) -> Result<Fetched, String> {
    match seen {
        Err(why) => Err(format!("gives no answer: {why}")),
        Ok(seen) if seen.status != 200 => Err(format!("answers {}", seen.status)),
        Ok(seen) if !seen.is_whole => Err("breaks off".to_owned()),
        Ok(seen) if seen.body.is_empty() => Err("is empty".to_owned()),
        Ok(seen) if !seen.content_type.contains(kind) => Err(format!("is {}", seen.content_type)),
        Ok(seen) => Ok(seen),
    }
}

/// An address without the host: the shop may be asked under another name.
fn path_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned())
}
