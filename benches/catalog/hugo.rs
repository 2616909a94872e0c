//! The invented shop as a Hugo site. What is the same on all our pages (head, navigation, foot,
//! filter form) is taken from one of our own pages and stands in the layouts as it is, so both
//! sites weigh the same and Hugo has the least to work out.

use std::path::Path;

use super::{CATEGORIES, PAGE_SIZE, Thing, picture, put};

const PRODUCT: &str = include_str!("hugo/page.html");
const CATEGORY: &str = include_str!("hugo/term.html");
const HOME: &str = include_str!("hugo/home.html");
const CARD: &str = include_str!("hugo/card.html");
const HEAD: &str = include_str!("hugo/head.html");

/// What all pages of ours have in common, cut from a page.
pub(crate) struct Frame {
    head: String,
    foot: String,
    filters: String,
}

impl Frame {
    /// Cuts a category's page: what is before and after its main part, and the form within it.
    pub(crate) fn cut(category: &str) -> Self {
        let (head, rest) = category.split_once("<main").expect("a page has a main part");
        let (main, foot) = rest.split_once("</main>").expect("the main part ends");
        // Hugo writes what differs from page to page itself.
        let own = ["<title>", "name=\"description\"", "canonical", "og:", "ld+json", "<!doctype"];
        // What ends the head may stand behind something that is only ours.
        let head = head.replace("</head>", "\n</head>");
        let common =
            head.split_inclusive('\n').filter(|line| !own.iter().any(|w| line.contains(w)));
        let filters = main
            .split_once("<details class=\"filters\"")
            .and_then(|(_, rest)| rest.split_once("</details>"))
            .map_or_else(String::new, |(form, _)| {
                format!("<details class=\"filters\"{form}</details>")
            });
        Self {
            head: plain(&common.collect::<String>()),
            foot: plain(foot),
            filters: plain(&filters),
        }
    }
}

/// Words that a template must not take for its own.
fn plain(html: &str) -> String {
    html.replace("{{", "{{ \"{{\" }}")
}

/// Writes `count` products and the layouts.
pub(crate) fn write(folder: &Path, count: usize, frame: &Frame) {
    let settings = format!(
        "baseURL = \"http://127.0.0.1/\"\nlocale = \"en-GB\"\ntitle = \"Measured\"\n\
         disableKinds = [\"taxonomy\", \"RSS\", \"404\", \"section\"]\nenableRobotsTXT = true\n\
         [pagination]\npagerSize = {PAGE_SIZE}\ndisableAliases = true\n\
         [taxonomies]\ncategory = \"category\"\n\
         [permalinks.term]\ncategory = \"/category/:slug/\"\n"
    );
    put(folder.join("hugo.toml"), settings);
    let (before, after) = frame.head.split_once("</head>").expect("the head ends");
    let (opening, before) = before.split_once("<meta charset").expect("the head begins");
    let base = format!(
        "<!doctype html>\n{opening}<meta charset{before}{HEAD}</head>{after}\
         <main id=\"main\" tabindex=\"-1\">{{{{ block \"main\" . }}}}{{{{ end }}}}</main>{}",
        frame.foot
    );
    let layouts = folder.join("layouts");
    put(layouts.join("baseof.html"), base);
    put(layouts.join("page.html"), PRODUCT);
    put(layouts.join("term.html"), CATEGORY.replace("FILTERS", &frame.filters));
    put(layouts.join("home.html"), HOME);
    put(layouts.join("_partials/card.html"), CARD);
    put(
        folder.join("content/page/about.md"),
        "+++\ntitle = \"About us\"\n+++\nWe measure things.\n",
    );
    for n in 0..CATEGORIES {
        let text = format!(
            "+++\ntitle = \"Category {n}\"\ndescription = \"Things of kind {n}, made to be \
             measured.\"\n+++\n"
        );
        put(folder.join(format!("content/category/category-{n}/_index.md")), text);
    }
    for n in 0..count {
        put_product(folder, &Thing::new(n, count));
    }
}

/// Writes one product, as an editor who saves a file does.
pub(crate) fn put_product(folder: &Path, thing: &Thing) {
    let Thing { n, title, price_minor, category, colours, tags, text, .. } = thing;
    let related = thing.related.map(|other| format!("thing-{other}"));
    let pictures = thing.pictures.map(picture);
    let file = format!(
        "+++\ntitle = \"{title}\"\ncategory = [\"category-{category}\"]\n[params]\n\
         price_minor = {price_minor}\nshelf = \"category-{category}\"\nbrand = \"Measured\"\n\
         tags = {tags:?}\ncolours = {colours:?}\npictures = {pictures:?}\nrelated = {related:?}\n\
         code = \"M-{n}\"\n+++\n{text}"
    );
    put(folder.join(format!("content/product/thing-{n}.md")), file);
}
