//! Every address that a page names answers, and every place in a page that is linked to is there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kiosk::identity::Role;
use scraper::{Html, Selector};

use crate::house::{Answer, Browser, TestShop};
use crate::kinds::{self, Findings};

/// The most addresses that are asked for.
const ADDRESSES_MAX: usize = 6000;
/// Where an element names an address; `srcset` names several.
const NAMING: [&str; 5] = ["href", "src", "srcset", "poster", "content"];

/// A page's addresses within the shop, as written and without what leads elsewhere.
fn addresses(page: &Answer, base: &str) -> BTreeSet<String> {
    if !page.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        return in_styles(page);
    }
    let mut found = BTreeSet::new();
    let html = Html::parse_document(&page.body);
    for name in NAMING {
        for element in html.select(&Selector::parse(&format!("[{name}]")).unwrap()) {
            let value = element.value().attr(name).unwrap_or_default();
            let one: Vec<&str> = match name {
                "srcset" => value.split(',').filter_map(|s| s.split_whitespace().next()).collect(),
                // Of what stands in the head for others, only whole addresses are addresses.
                "content" if !value.starts_with(base) => Vec::new(),
                _ => vec![value],
            };
            // Letters shown with nothing real to show name an order that is not there.
            let within = |address: &&str| {
                address.starts_with(['/', '#', '?']) && !address.contains("EXAMPLE-")
            };
            let own = one.iter().map(|address| match address.strip_prefix(base) {
                Some("") => "/",
                Some(rest) => rest,
                None => address,
            });
            found.extend(own.filter(within).map(str::to_owned));
        }
    }
    found
}

/// Addresses that a style sheet names.
fn in_styles(page: &Answer) -> BTreeSet<String> {
    if !page.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/css")) {
        return BTreeSet::new();
    }
    let inside = page.body.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    let bare = inside.map(|address| address.trim_matches(['"', '\'']));
    bare.filter(|address| address.starts_with('/')).map(str::to_owned).collect()
}

/// Names of places within a page.
fn places(page: &Answer) -> BTreeSet<String> {
    let html = Html::parse_document(&page.body);
    let named = Selector::parse("[id]").unwrap();
    html.select(&named).filter_map(|e| e.value().attr("id").map(str::to_owned)).collect()
}

/// Follows links for as long as there are new ones.
struct Walk<'a> {
    base: &'a str,
    visitor: Browser,
    /// Addresses to be asked for, and where each was found.
    waiting: VecDeque<(String, String)>,
    /// Pages seen, and the places in them.
    seen: BTreeMap<String, BTreeSet<String>>,
    /// Links to a place in another page, and where they were found.
    into: Vec<(String, String, String)>,
    findings: Findings,
}

impl Walk<'_> {
    /// Notes where a page leads. What follows `?` leads to a list of the same kind: it must
    /// answer, but the links on it are combinations without end.
    fn read(&mut self, at: &str, page: &Answer) {
        let path = at.split('?').next().unwrap_or_default();
        self.seen.insert(at.to_owned(), places(page));
        for address in addresses(page, self.base) {
            let (to, place) = match address.split_once('#') {
                Some((to, place)) => (to, Some(place)),
                None => (address.as_str(), None),
            };
            let to = match to {
                "" => at.to_owned(),
                query if query.starts_with('?') => format!("{path}{query}"),
                whole => whole.to_owned(),
            };
            if let Some(place) = place.filter(|place| !place.is_empty()) {
                self.into.push((to.clone(), place.to_owned(), at.to_owned()));
            }
            self.waiting.push_back((to, at.to_owned()));
        }
    }

    fn follow(&mut self, to: &str, from: &str) {
        if self.seen.contains_key(to) {
            return;
        }
        assert!(self.seen.len() < ADDRESSES_MAX, "links without end: {to} on {from}");
        let page = self.visitor.get(to);
        self.seen.insert(to.to_owned(), BTreeSet::new());
        if page.status != 200 {
            self.findings.note(format!("{} {to}", page.status), from.to_owned());
        } else if !to.contains('?') {
            self.read(to, &page);
        } else {
            self.seen.insert(to.to_owned(), places(&page));
        }
    }
}

// S1.25, S2.57: links, pictures, styles and icons of every page lead somewhere, at once.
#[test]
fn every_link_leads_somewhere() {
    let (shop, kinds): (TestShop, _) = kinds::all();
    // A buyer who is an owner as well reaches everything that is linked to.
    let mut visitor = kinds::filled(&shop);
    visitor.cookies.extend(shop.sign_in(Role::Owner).cookies);
    let mut walk = Walk {
        base: &shop.base,
        visitor,
        waiting: VecDeque::new(),
        seen: BTreeMap::new(),
        into: Vec::new(),
        findings: Findings::default(),
    };
    for kind in &kinds {
        walk.read(&kind.path, &kind.fetch());
    }
    while let Some((to, from)) = walk.waiting.pop_front() {
        walk.follow(&to, &from);
    }
    assert!(walk.seen.len() > 150, "only {} addresses", walk.seen.len());
    eprintln!("{} addresses answer", walk.seen.len());
    for (to, place, from) in walk.into {
        if walk.seen.get(&to).is_some_and(|there| !there.contains(&place)) {
            walk.findings.note(format!("no #{place} in {to}"), from);
        }
    }
    walk.findings.none();
}
