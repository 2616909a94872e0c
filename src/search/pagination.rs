//! Links to the pages of a list.

use serde::Serialize;

/// Pages shown on each side of the present one.
const AROUND: u32 = 2;

/// See `site/parts/pagination.html`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pagination {
    /// This page, from 1.
    pub page: u32,
    /// How many there are.
    pub pages: u32,
    /// Address of the page before.
    pub previous: Option<String>,
    /// Address of the page after.
    pub next: Option<String>,
    /// Numbers to show; gaps have no address.
    pub links: Vec<PageLink>,
}

/// A number, or a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageLink {
    /// The page.
    pub n: u32,
    /// Its address; none for a gap.
    pub url: Option<String>,
    /// Whether it is the present page.
    pub current: bool,
}

impl Pagination {
    /// Links from page `page` of `pages`; `address` writes the address of a page.
    #[must_use]
    pub fn new(page: u32, pages: u32, address: impl Fn(u32) -> String) -> Self {
        let shown = |n: &u32| *n == 1 || *n == pages || n.abs_diff(page) <= AROUND;
        let mut links = Vec::new();
        let mut last = 0;
        for n in (1..=pages).filter(shown) {
            if n > last + 1 {
                links.push(PageLink { n: n - 1, url: None, current: false });
            }
            links.push(PageLink { n, url: Some(address(n)), current: n == page });
            last = n;
        }
        Self {
            page,
            pages,
            previous: (page > 1).then(|| address(page - 1)),
            next: (page < pages).then(|| address(page + 1)),
            links,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pagination;

    #[test]
    fn long_lists_have_gaps() {
        let shape = |page, pages| {
            let links = Pagination::new(page, pages, |n| n.to_string()).links;
            let words = links.iter().map(|l| match (&l.url, l.current) {
                (None, _) => "…".to_owned(),
                (_, true) => format!("[{}]", l.n),
                _ => l.n.to_string(),
            });
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shape(1, 1), "[1]");
        assert_eq!(shape(2, 4), "1 [2] 3 4");
        assert_eq!(shape(10, 20), "1 … 8 9 [10] 11 12 … 20");
        let ends = Pagination::new(1, 3, |n| format!("?page={n}"));
        assert_eq!((ends.previous, ends.next.as_deref()), (None, Some("?page=2")));
    }
}
