//! Files to pages in memory, beside Hugo on the equivalent site.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use kiosk::base::Clock;
use kiosk::platform::config::{Overrides, Settings};
use kiosk::platform::render::Render;
use kiosk::recommend::Together;
use kiosk::search::{Index, Levels};
use kiosk::storefront::{self, Edition};

use crate::catalog::{Frame, write_hugo, write_kiosk};
use crate::others::{self, hugo};
use crate::process::{Spent, watch};
use crate::table::{Goal, alone, compared, heading, left_out, mean, median};

/// Runs of each builder at each size up to 10,000; larger ones get one.
const RUNS: usize = 5;
/// The argument under which this program builds a folder of content and ends.
pub(crate) const CHILD: &str = "build-once";

/// A content folder of so many products, made when it is not there yet.
pub(crate) fn kiosk_site(count: usize) -> PathBuf {
    let folder = others::folder().join(format!("kiosk-{count}"));
    // A folder that was left half done, or edited, would not be the same site.
    let _ = fs::remove_dir_all(&folder);
    write_kiosk(&folder, count, &Path::new(env!("CARGO_MANIFEST_DIR")).join("content"));
    folder
}

/// The equivalent Hugo site.
pub(crate) fn hugo_site(count: usize, edition: &Edition) -> PathBuf {
    let folder = others::folder().join(format!("hugo-{count}"));
    let _ = fs::remove_dir_all(&folder);
    let category = edition.files["/category/category-0/"].plain();
    write_hugo(&folder, count, &Frame::cut(&String::from_utf8_lossy(&category)));
    folder
}

/// Reads a folder and makes every page.
pub(crate) fn edition(content: &Path) -> Edition {
    let mut overrides = Overrides::new();
    overrides.insert("content_dir".to_owned(), content.display().to_string());
    let settings = Settings::resolve(None, Vec::new(), &overrides).unwrap();
    let loaded = kiosk::pricing::load(content).unwrap();
    let book = loaded.book.unwrap_or_else(|| panic!("{:#?}", loaded.complaints));
    let levels = storefront::levels_or_opening(&book.catalog, Levels::new());
    let render = Render::open(&settings.site_dir).unwrap();
    let now = Clock::System.now();
    let index = Index::of(&Arc::new(book), &levels, now);
    storefront::prepare(&render, &settings, &index, levels, Together::default(), now).unwrap().0
}

/// What the child does: pages in memory, packed if wished; says how many.
pub(crate) fn once(content: &str, packed: bool) {
    let made = edition(Path::new(content));
    let made = if packed { made.packed().unwrap() } else { made };
    println!("{} files", made.files.len());
}

fn ours(content: &Path, packed: bool) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(CHILD).arg(content).arg(if packed { "packed" } else { "plain" });
    command
}

fn theirs(hugo: &Path, site: &Path) -> Command {
    let mut command = Command::new(hugo);
    command.args(["--quiet", "--noBuildLock", "--renderToMemory", "--source"]).arg(site);
    command
}

/// Builds at every size, one program after the other, round by round.
pub(crate) fn report(sizes: &[usize]) {
    heading("Files to pages in memory (the other: Hugo)");
    let hugo = hugo().inspect_err(|why| left_out("Hugo", why)).ok();
    let mut first: Option<[Spent; 2]> = None;
    for &count in sizes {
        let content = kiosk_site(count);
        let site = hugo.as_ref().map(|hugo| (hugo, hugo_site(count, &edition(&content))));
        if let (1000, Some((hugo, site))) = (count, &site) {
            weigh(hugo, site, &content);
        }
        let runs = if count > 10_000 { 1 } else { RUNS };
        let [plain, packed, other] = rounds(runs, &content, site.as_ref());
        tell(count, plain, packed, other);
        if let Some([plain_first, packed_first]) = first {
            let growth = |now: Spent, then: Spent| now.cpu_s / then.cpu_s / (count as f64 / 1000.0);
            let what = format!("{count}: processor time a product, against 1000");
            alone(&what, growth(plain, plain_first), "×", Goal::Most(1.1));
            alone(&format!("{what}, packed"), growth(packed, packed_first), "×", Goal::Most(1.1));
        }
        first = first.or(Some([plain, packed]));
    }
}

/// The middle run of each: ours plain, ours packed, Hugo (nothing when it is not there).
fn rounds(runs: usize, content: &Path, site: Option<&(&PathBuf, PathBuf)>) -> [Spent; 3] {
    let mut spent: [Vec<Spent>; 3] = Default::default();
    for _ in 0..runs {
        if let Some((hugo, site)) = site {
            spent[2].push(watch(theirs(hugo, site)).0);
        }
        spent[0].push(watch(ours(content, false)).0);
        spent[1].push(watch(ours(content, true)).0);
    }
    spent.map(|runs| if runs.is_empty() { Spent::default() } else { middle(&runs) })
}

fn middle(runs: &[Spent]) -> Spent {
    Spent {
        wall_s: median(runs.iter().map(|run| run.wall_s)),
        // In steps of ten milliseconds: their mean is finer than their middle.
        cpu_s: mean(runs.iter().map(|run| run.cpu_s)),
        peak_mib: median(runs.iter().map(|run| run.peak_mib)),
    }
}

fn tell(count: usize, plain: Spent, packed: Spent, other: Spent) {
    let goal = |goal| if count >= 1000 { Goal::Most(goal) } else { Goal::Told };
    for (how, spent, most) in [("plain", plain, 0.0625), ("packed", packed, 0.1)] {
        let name = |what| format!("{count} products, {how}: {what}");
        let micros = spent.cpu_s * 1e6 / count as f64;
        if other.wall_s > 0.0 {
            compared(&name("time"), spent.wall_s, other.wall_s, "s", goal(most));
            compared(&name("processor"), spent.cpu_s, other.cpu_s, "s", goal(most));
        } else {
            alone(&name("time"), spent.wall_s, "s", Goal::Told);
        }
        alone(&name("processor a product"), micros, "µs", Goal::Told);
        let memory = match count {
            10_000 => Goal::Most(150.0),
            100_000 => Goal::Most(400.0),
            _ => Goal::Told,
        };
        alone(&name("most memory"), spent.peak_mib, "MiB", memory);
    }
    if other.wall_s > 0.0 {
        alone(&format!("{count} products: most memory of Hugo"), other.peak_mib, "MiB", Goal::Told);
    }
}

/// Shows that both sites are the same amount of work: as many pages, as heavy.
fn weigh(hugo: &Path, site: &Path, content: &Path) {
    let public = site.join("public");
    let mut command = Command::new(hugo);
    command.args(["--quiet", "--noBuildLock", "--source"]).arg(site);
    watch(command);
    let mut theirs: Vec<(String, u64)> = Vec::new();
    collect(&public, &public, &mut theirs);
    let _ = fs::remove_dir_all(&public);
    let made = edition(content);
    let pages = made.files.iter().filter(|(path, _)| path.ends_with('/'));
    let ours: Vec<(String, u64)> =
        pages.map(|(path, file)| (path.to_string(), file.plain().len() as u64)).collect();
    println!("pages: {} ours, {} Hugo's", ours.len(), theirs.len());
    for kind in ["/product/", "/category/"] {
        let weight = |pages: &[(String, u64)]| {
            mean(pages.iter().filter(|(path, _)| path.starts_with(kind)).map(|(_, b)| *b as f64))
        };
        let (ours, theirs) = (weight(&ours), weight(&theirs));
        println!("a page of {kind}: {ours:.0} bytes ours, {theirs:.0} bytes Hugo's");
        if (ours / theirs - 1.0).abs() > 0.15 {
            println!("NOT EQUIVALENT: bring benches/catalog/hugo in step with our templates");
        }
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, u64)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.ends_with("index.html") {
            let place = path.parent().unwrap().strip_prefix(root).unwrap();
            found.push((format!("/{}/", place.display()), entry.metadata().unwrap().len()));
        }
    }
}
