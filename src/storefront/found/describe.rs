//! Descriptions for search engines where an editor wrote none. Pure.

use crate::catalog::Category;
use crate::catalog::markdown::SUMMARY;
use crate::catalog::markdown::summary;

/// The description of one page of a shelf: the shelf's own words on its first page, what stands
/// on it everywhere else, so that no two pages say the same.
pub(in crate::storefront) fn shelf_description<'a>(
    category: &Category,
    page: usize,
    titles: impl Iterator<Item = &'a str>,
) -> String {
    if page == 1 && !category.description.is_empty() {
        return summary(&category.description, SUMMARY);
    }
    let mut words = match page {
        1 => format!("{}: ", category.title),
        _ => format!("{} · {page}: ", category.title),
    };
    for (at, title) in titles.enumerate() {
        if words.chars().count() + title.chars().count() > SUMMARY {
            break;
        }
        words.push_str(if at == 0 { "" } else { ", " });
        words.push_str(title);
    }
    words.trim_end_matches([' ', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shelf_without_words_says_what_stands_on_it() {
        let mut shelf = Category {
            image: None,
            path: "mugs".to_owned(),
            parent: None,
            title: "Mugs".to_owned(),
            description: String::new(),
            order: 0,
            google_product_category: None,
        };
        let titles = || ["Oat", "Sage"].into_iter();
        assert_eq!(shelf_description(&shelf, 1, titles()), "Mugs: Oat, Sage");
        assert_eq!(shelf_description(&shelf, 1, std::iter::empty()), "Mugs");
        shelf.description = "Things to drink from.".to_owned();
        assert_eq!(shelf_description(&shelf, 1, titles()), "Things to drink from.");
        assert_eq!(shelf_description(&shelf, 2, titles()), "Mugs · 2: Oat, Sage");
    }
}
