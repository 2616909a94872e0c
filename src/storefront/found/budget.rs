//! What a page may weigh, and what its pictures must say. Pure.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::scan::{Tag, tags};

/// Largest page, packed by gzip, in bytes.
const PAGE_MAX: usize = 15_000;
/// Largest style sheets of a page together, packed, in bytes.
const STYLE_MAX: usize = 14_000;
/// Largest scripts of a page together, packed, in bytes.
const SCRIPT_MAX: usize = 12_000;
/// Everything a product's page needs before it is seen, its first picture included, in bytes.
const FIRST_VIEW_MAX: usize = 100_000;
/// Files fetched before a page is seen, the page included.
const REQUESTS_MAX: usize = 15;
/// Pixels across a common phone: 412 points, 1.75 pixels each.
const PHONE_WIDTH: u32 = 721;

/// How large files are.
pub struct Sizes<'a> {
    /// Bytes of an asset or page, packed by gzip.
    pub packed: &'a dyn Fn(&str) -> Option<usize>,
    /// Bytes of a picture.
    pub picture: &'a dyn Fn(&str) -> Option<usize>,
}

/// What one page weighs, in bytes; all but the picture packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Its address.
    pub path: String,
    /// The page itself.
    pub page: usize,
    /// Its style sheets.
    pub style: usize,
    /// Its scripts.
    pub script: usize,
    /// Its first picture at a phone's width.
    pub picture: usize,
    /// Pictures in all.
    pub pictures: usize,
}

impl Measured {
    /// Everything that is fetched before the page is seen.
    #[must_use]
    pub fn first_view(&self) -> usize {
        self.page + self.style + self.script + self.picture
    }
}

/// A page that exceeds what it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Its address.
    pub path: String,
    /// Figure and limit, in words.
    pub what: String,
}

/// Measures a page and gives what exceeds its limit.
#[must_use]
pub fn measure(path: &str, html: &str, sizes: &Sizes<'_>) -> (Measured, Vec<Excess>) {
    let mut measured = Measured { path: path.to_owned(), ..Measured::default() };
    // A page that is small unpacked needs no packing to know.
    measured.page = (sizes.packed)(path).unwrap_or(html.len());
    let mut over: Vec<String> = Vec::new();
    let (mut urgent, mut in_main, mut reduced) = (Vec::new(), false, false);
    let (mut sources, mut requests): (Option<String>, usize) = (None, 1);
    for tag in tags(html) {
        if let Some(address) = fetched(&tag) {
            if is_elsewhere(&address) {
                over.push(format!("it fetches {address}; a page asks nobody but the shop"));
            }
            let waits = tag.attribute("loading").as_deref() == Some("lazy");
            requests += usize::from(!waits && !address.starts_with("data:"));
        }
        let weight = |name: &str| {
            let address = tag.attribute(name)?;
            (sizes.packed)(&address)
        };
        match tag.name {
            "main" => in_main = true,
            "link" if tag.attribute("rel").as_deref() == Some("stylesheet") => {
                measured.style += weight("href").unwrap_or(0);
            }
            "script" => measured.script += weight("src").unwrap_or(0),
            "picture" => sources = None,
            "source" => sources = sources.or_else(|| tag.attribute("srcset").map(Into::into)),
            "img" => {
                measured.pictures += 1;
                over.extend(silent(&tag));
                if in_main && tag.attribute("fetchpriority").as_deref() == Some("high") {
                    let chosen = chosen(&tag, sources.as_deref());
                    reduced |= sources.is_some() || tag.has("srcset");
                    urgent.push((sizes.picture)(&chosen).unwrap_or(0));
                    if tag.attribute("loading").as_deref() == Some("lazy") {
                        over.push("its first picture is urgent and lazy at once".to_owned());
                    }
                }
                sources = None;
            }
            _ => {}
        }
    }
    if requests > REQUESTS_MAX {
        over.push(format!(
            "{requests} files are fetched before it is seen; at most {REQUESTS_MAX}"
        ));
    }
    measured.picture = urgent.first().copied().unwrap_or(0);
    // A front page and a page of words may begin with words.
    let may_begin_with_words = path == "/" || path.starts_with("/page/");
    let count = urgent.len();
    if measured.pictures > 0 && (count > 1 || count == 0 && !may_begin_with_words) {
        over.push(format!("{count} pictures have fetchpriority=\"high\"; exactly 1 must"));
    }
    // Originals that have not been reduced yet say nothing about the page.
    let product = path.starts_with("/product/") && reduced;
    for (what, bytes, most, counts) in [
        ("the page", measured.page, PAGE_MAX, true),
        ("its style", measured.style, STYLE_MAX, true),
        ("its script", measured.script, SCRIPT_MAX, true),
        ("its first view", measured.first_view(), FIRST_VIEW_MAX, product),
    ] {
        if counts && bytes > most {
            over.push(format!("{what} weighs {} kB; at most {}", kb(bytes), kb(most)));
        }
    }
    let excess = |what| Excess { path: path.to_owned(), what };
    (measured, over.into_iter().map(excess).collect())
}

/// What a browser fetches for an element, before anybody does anything.
fn fetched<'a>(tag: &Tag<'a>) -> Option<Cow<'a, str>> {
    match tag.name {
        "img" | "script" | "iframe" | "video" | "audio" | "embed" => tag.attribute("src"),
        "link" if tag.attribute("rel").as_deref() == Some("stylesheet") => tag.attribute("href"),
        _ => None,
    }
}

/// Whether an address names another host.
fn is_elsewhere(address: &str) -> bool {
    ["http://", "https://", "//"].iter().any(|start| address.starts_with(start))
}

/// What a picture does not say.
fn silent(tag: &Tag<'_>) -> Option<String> {
    let missing: Vec<&str> =
        ["width", "height", "alt"].into_iter().filter(|name| !tag.has(name)).collect();
    (!missing.is_empty()).then(|| {
        let source = tag.attribute("src").unwrap_or_default();
        format!("the picture {source} lacks {}", missing.join(" and "))
    })
}

/// The file a phone fetches: of the best kind offered, the smallest that fills its width.
fn chosen(tag: &Tag<'_>, sources: Option<&str>) -> String {
    let own = tag.attribute("srcset");
    let offered = sources.or(own.as_deref()).unwrap_or_default();
    let mut widths: Vec<(u32, &str)> = offered
        .split(',')
        .filter_map(|one| {
            let (address, width) = one.trim().rsplit_once(' ')?;
            Some((width.strip_suffix('w')?.parse().ok()?, address))
        })
        .collect();
    widths.sort_unstable();
    let fills = widths.iter().find(|(width, _)| *width >= PHONE_WIDTH);
    match fills.or(widths.last()) {
        Some((_, address)) => (*address).to_owned(),
        None => tag.attribute("src").unwrap_or_default().into_owned(),
    }
}

/// Bytes as `12.3`, in thousands.
fn kb(bytes: usize) -> String {
    let tenths = bytes.div_ceil(100);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The heaviest page of each kind and the limits, as a table.
#[must_use]
pub fn table(measured: &[Measured]) -> String {
    let kind =
        |path: &str| path.split('/').nth(1).filter(|k| !k.is_empty()).unwrap_or("home").to_owned();
    let mut kinds: Vec<(String, usize, &Measured)> = Vec::new();
    for page in measured {
        match kinds.iter_mut().find(|(known, ..)| *known == kind(&page.path)) {
            Some((_, count, heaviest)) => {
                *count += 1;
                if (page.first_view(), &heaviest.path) > (heaviest.first_view(), &page.path) {
                    *heaviest = page;
                }
            }
            None => kinds.push((kind(&page.path), 1, page)),
        }
    }
    kinds.sort_by(|a, b| a.0.cmp(&b.0));
    let mut out = String::from(
        "kB, packed              pages   page  style  script  picture  first view  heaviest\n",
    );
    let mut line = |name: &str, count: String, figures: [usize; 5], path: &str| {
        let [page, style, script, picture, all] = figures.map(kb);
        let _ = writeln!(
            out,
            "{name:<22} {count:>6} {page:>6} {style:>6} {script:>7} {picture:>8} {all:>11}  {path}"
        );
    };
    for (name, count, m) in &kinds {
        let figures = [m.page, m.style, m.script, m.picture, m.first_view()];
        line(name, count.to_string(), figures, &m.path);
    }
    let limits = [PAGE_MAX, STYLE_MAX, SCRIPT_MAX, 0, FIRST_VIEW_MAX];
    line("limit", String::new(), limits, "(first view: product pages)");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, html: &str, page: usize) -> Vec<String> {
        let packed = |asked: &str| match asked {
            "/a.css" => Some(14_001),
            "/a.js" => Some(500),
            _ => Some(page),
        };
        let picture = |asked: &str| Some(if asked.contains("800") { 90_000 } else { 1_000 });
        let (_, over) = measure(path, html, &Sizes { packed: &packed, picture: &picture });
        over.into_iter().map(|excess| excess.what).collect()
    }

    // N21: nobody else is asked for anything, and little is asked for before a page is seen.
    #[test]
    fn what_a_page_fetches_is_counted() {
        let page =
            "<main><img src=\"/p-800.jpg\" width=1 height=1 alt=\"\" fetchpriority=\"high\">";
        let abroad = format!("{page}<script src=\"//cdn.example/x.js\"></script>");
        assert_eq!(
            whats("/bundles/", &abroad, 10),
            ["it fetches //cdn.example/x.js; a page asks nobody but the shop"]
        );
        let scripts = |count| page.to_owned() + &"<script src=\"/b.js\"></script>".repeat(count);
        let lazy = "<img src=\"/x.jpg\" width=1 height=1 alt=\"\" loading=\"lazy\">".repeat(20);
        assert_eq!(whats("/bundles/", &(scripts(13) + &lazy), 10), Vec::<String>::new());
        assert_eq!(
            whats("/bundles/", &scripts(14), 10),
            ["16 files are fetched before it is seen; at most 15"]
        );
    }

    // N21: a page over its budget is named with figure and limit.
    #[test]
    fn what_is_over_the_budget_is_told() {
        let good = "<main><picture><source srcset=\"/p-400.avif 400w, /p-900.avif 900w\">\
            <img src=\"/p-800.jpg\" width=1 height=1 alt=\"\" fetchpriority=\"high\"></picture>";
        assert_eq!(whats("/product/a/", good, 9_000), Vec::<String>::new());
        let plain = good
            .replace("<source srcset=\"/p-400.avif 400w, /p-900.avif 900w\">", "")
            .replace("width=1", "srcset=\"/p-800.jpg 800w\" width=1");
        assert_eq!(
            whats("/product/a/", &plain, 10_001),
            ["its first view weighs 100.1 kB; at most 100.0"]
        );
        let original = plain.replace("srcset", "data-set");
        assert_eq!(whats("/product/a/", &original, 10_001), Vec::<String>::new());
        assert_eq!(whats("/page/a/", &plain, 15_001), ["the page weighs 15.1 kB; at most 15.0"]);
        let bad = "<link rel=\"stylesheet\" href=\"/a.css\"><script src=\"/a.js\"></script>\
            <main><img src=\"/x.jpg\" width=\"3\">";
        assert_eq!(
            whats("/bundles/", bad, 10),
            [
                "the picture /x.jpg lacks height and alt",
                "0 pictures have fetchpriority=\"high\"; exactly 1 must",
                "its style weighs 14.1 kB; at most 14.0"
            ]
        );
    }
}
