//! `/sitemap.xml` and `/robots.txt`. Pure.

use jiff::civil::Date;

use super::Found;
use super::xml::{element, escape};
use crate::storefront::plan::Plan;

/// Addresses in one sitemap; more make several and a list of them.
pub(super) const ADDRESSES_MAX: usize = 10_000;

/// Programs that gather pages for language models, as their makers name them.
const AI_CRAWLERS: &[&str] = &[
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ChatGPT-User",
    "Claude-SearchBot",
    "Claude-User",
    "ClaudeBot",
    "cohere-ai",
    "Diffbot",
    "FacebookBot",
    "Google-Extended",
    "GPTBot",
    "Meta-ExternalAgent",
    "OAI-SearchBot",
    "Perplexity-User",
    "PerplexityBot",
];

/// What belongs to one visitor, or has no end.
const CLOSED: &[&str] = &["/cart", "/checkout", "/order", "/letters", "/api", "/search?"];

impl Found {
    /// The sitemap, or several and a list of them: address and text of each. Other views of the
    /// list of bundles say that they are; they are left out.
    pub(super) fn sitemaps(
        &self,
        plans: &[Plan<'_>],
        lastmod: &dyn Fn(&str) -> Option<Date>,
    ) -> Vec<(String, String)> {
        let same = |plan: &&Plan<'_>| {
            matches!(plan, Plan::Bundles(Some(_)) | Plan::Category("bundles", _))
        };
        let told: Vec<&Plan<'_>> = plans.iter().filter(|plan| !same(plan)).collect();
        let parts: Vec<&[&Plan<'_>]> = told.chunks(ADDRESSES_MAX).collect();
        if let [only] = parts.as_slice() {
            return vec![("/sitemap.xml".to_owned(), self.sitemap(only, lastmod))];
        }
        let mut index = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
        );
        let mut sitemaps = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let path = format!("/sitemap-{}.xml", at + 1);
            index.push_str("<sitemap>");
            element(&mut index, "loc", &[&self.base, &path]);
            index.push_str("</sitemap>\n");
            sitemaps.push((path, self.sitemap(part, lastmod)));
        }
        index.push_str("</sitemapindex>\n");
        sitemaps.push(("/sitemap.xml".to_owned(), index));
        sitemaps
    }

    fn sitemap(&self, plans: &[&Plan<'_>], lastmod: &dyn Fn(&str) -> Option<Date>) -> String {
        let mut out = String::with_capacity(plans.len() * 256);
        out.push_str(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
             xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">\n",
        );
        for plan in plans {
            let path = plan.path();
            out.push_str("<url>");
            element(&mut out, "loc", &[&self.base, &path]);
            if let Some(day) = lastmod(&path) {
                element(&mut out, "lastmod", &[&day.to_string()]);
            }
            for picture in self.pictures_on(plan) {
                out.push_str("<image:image><image:loc>");
                escape(&mut out, &self.base);
                escape(&mut out, &picture);
                out.push_str("</image:loc></image:image>\n");
            }
            out.push_str("</url>\n");
        }
        out.push_str("</urlset>\n");
        out
    }

    /// Pictures of goods; lists repeat them.
    fn pictures_on(&self, plan: &Plan<'_>) -> Vec<String> {
        let pictures = match plan {
            Plan::Product(slug) => self.catalog.products.get(*slug).map(|p| &p.images),
            Plan::Bundle(slug) => self.catalog.bundles.get(*slug).map(|b| &b.images),
            _ => None,
        };
        pictures.into_iter().flatten().map(|picture| self.picture(picture).url).collect()
    }

    /// Everybody may read everything but what belongs to one visitor.
    pub(super) fn robots(&self) -> String {
        let mut out = String::from("User-agent: *\nAllow: /\n");
        for path in CLOSED {
            out.push_str("Disallow: ");
            out.push_str(path);
            out.push('\n');
        }
        if self.catalog.shop.presence.ai_crawlers_denied {
            out.push('\n');
            for name in AI_CRAWLERS {
                out.push_str("User-agent: ");
                out.push_str(name);
                out.push('\n');
            }
            out.push_str("Disallow: /\n");
        }
        out.push_str("\nSitemap: ");
        out.push_str(&self.base);
        out.push_str("/sitemap.xml\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pricing::sample::{NOW, Sample};
    use crate::storefront::found::Rendition;

    #[test]
    fn many_pages_make_several_sitemaps_and_a_list() {
        let book = Sample::new().product("A", "A", 100).book();
        let found =
            Found::new(&book, NOW, "https://shop.example", Arc::new(|p| Rendition::from(p)));
        let day = Date::constant(2027, 1, 2);
        let dated = |path: &str| path.contains("/9/").then_some(day);
        let plans: Vec<Plan<'_>> = (1..=ADDRESSES_MAX).map(|n| Plan::Category("c", n)).collect();
        let whole = found.sitemaps(&plans, &dated);
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].1.matches("<url>").count(), ADDRESSES_MAX);
        assert_eq!(whole[0].1.matches("<lastmod>2027-01-02</lastmod>").count(), 1);
        let more: Vec<Plan<'_>> = plans.into_iter().chain([Plan::Home]).collect();
        let parts = found.sitemaps(&more, &dated);
        let paths: Vec<&str> = parts.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/sitemap-1.xml", "/sitemap-2.xml", "/sitemap.xml"]);
        assert_eq!(parts[1].1.matches("<url>").count(), 1);
        assert!(parts[2].1.contains("<loc>https://shop.example/sitemap-2.xml</loc>"));
    }
}
