//! `/feeds/new.xml`: the newest products, for people who follow the shop. Pure.

use std::fmt::Write as _;

use super::Found;
use super::xml::{element, escape};
use crate::base::Money;
use crate::catalog::Product;
use crate::catalog::markdown::SUMMARY;
use crate::catalog::markdown::summary;

/// Products in it.
const NEWEST: usize = 50;

impl Found {
    /// RSS 2.0; products without a date are not news.
    pub(super) fn news(&self) -> String {
        let shop = &self.catalog.shop;
        let mut dated: Vec<_> =
            self.catalog.live_products().filter_map(|p| Some((p.published?, p))).collect();
        dated.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.title.cmp(&b.1.title)));
        let mut out = String::with_capacity(64 * 1024);
        out.push_str(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
             xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel>\n",
        );
        element(&mut out, "title", &[&shop.name]);
        element(&mut out, "link", &[&self.base, "/"]);
        element(&mut out, "description", &[&shop.seo_description]);
        element(&mut out, "language", &[&shop.locale]);
        out.push_str("<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"");
        escape(&mut out, &self.base);
        out.push_str("/feeds/new.xml\"/>\n");
        for (day, product) in dated.into_iter().take(NEWEST) {
            let Ok(midnight) = day.to_zoned(self.zone.clone()) else { continue };
            out.push_str("<item>\n");
            element(&mut out, "title", &[&product.title]);
            let link = [self.base.as_str(), "/product/", &product.slug, "/"];
            element(&mut out, "link", &link);
            element(&mut out, "guid", &link);
            element(
                &mut out,
                "pubDate",
                &[&midnight.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()],
            );
            self.told(&mut out, product);
            out.push_str("</item>\n");
        }
        out.push_str("</channel>\n</rss>\n");
        out
    }

    /// Picture, first words and price. The description is HTML, escaped as RSS asks.
    fn told(&self, out: &mut String, product: &Product) {
        let (lowest, highest) = product.price_range(self.now);
        let money = |minor| Money::new(minor, self.catalog.shop.currency).to_string();
        let price = match lowest == highest {
            true => money(lowest),
            false => format!("{}–{}", money(lowest), money(highest)),
        };
        let mut html = String::new();
        let shown = product.images.first().map(|picture| (picture, self.picture(picture)));
        if let Some((picture, shown)) = &shown {
            html.push_str("<p><img src=\"");
            escape(&mut html, &format!("{}{}", self.base, shown.url));
            let (width, height) = (shown.width, shown.height);
            let _ = write!(html, "\" width=\"{width}\" height=\"{height}\" alt=\"");
            escape(&mut html, &picture.alt);
            html.push_str("\"></p>");
        }
        html.push_str("<p>");
        escape(&mut html, &summary(&product.description, SUMMARY));
        html.push_str("</p><p>");
        escape(&mut html, &price);
        html.push_str("</p>");
        element(out, "description", &[&html]);
        if let Some((_, shown)) = &shown {
            out.push_str("<media:content medium=\"image\" url=\"");
            escape(out, &format!("{}{}", self.base, shown.url));
            let (width, height) = (shown.width, shown.height);
            let _ = writeln!(out, "\" width=\"{width}\" height=\"{height}\"/>");
        }
    }
}
