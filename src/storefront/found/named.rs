//! Which files a browser fetches for a finished page. Pure.

use std::collections::BTreeSet;

use super::scan::{plain, tags};

/// The addresses of a sitemap: pages, or further sitemaps.
#[must_use]
pub fn listed(sitemap: &str) -> Vec<String> {
    let each = sitemap.split("<loc>").skip(1);
    each.filter_map(|rest| Some(plain(rest.split_once("</loc>")?.0).into_owned())).collect()
}

/// Every file of the shop that a page names: pictures in all sizes, styles, scripts and icons.
#[must_use]
pub fn named(html: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for tag in tags(html) {
        let names: &[&str] = match tag.name {
            "img" | "source" | "script" => &["src", "srcset"],
            "link" if !is_a_page(tag.attribute("rel").as_deref()) => &["href"],
            _ => &[],
        };
        for name in names {
            let value = tag.attribute(name).unwrap_or_default();
            // In `srcset` a width follows each address.
            let each = value.split(',').filter_map(|one| one.split_whitespace().next());
            all.extend(each.filter(|one| is_ours(one)).map(str::to_owned));
        }
    }
    all
}

/// Whether a link leads to a page, ours or another's, and not to a file of this one.
fn is_a_page(rel: Option<&str>) -> bool {
    matches!(rel, None | Some("canonical" | "prev" | "next" | "alternate" | "search"))
}

fn is_ours(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2.111: nothing that a browser would fetch is passed over, and nothing else is fetched.
    #[test]
    fn files_of_a_page_are_named() {
        let html = r#"<link rel="canonical" href="/p/"><link rel="stylesheet" href="/a.css">
            <link rel="icon" href="/favicon.ico"><script src="/a.js" defer></script>
            <a href="/other/"><picture><source srcset="/i-320.avif 320w, /i-640.avif 640w">
            <img src="/i.jpg" srcset="/i-320.jpg 320w" alt="a &lt; b"></picture></a>
            <img src="https://elsewhere.example/x.png"><img src="//elsewhere.example/y.png">"#;
        let named: Vec<String> = named(html).into_iter().collect();
        let all = [
            "/a.css",
            "/a.js",
            "/favicon.ico",
            "/i-320.avif",
            "/i-320.jpg",
            "/i-640.avif",
            "/i.jpg",
        ];
        assert_eq!(named, all);
        let sitemap = "<url><loc>https://s.example/a/?x=1&amp;y=2</loc></url><url><loc>b</loc>";
        assert_eq!(listed(sitemap), ["https://s.example/a/?x=1&y=2", "b"]);
    }
}
