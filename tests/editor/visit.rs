//! A shop whose files may be written, and people signed in at its desk.

use std::collections::BTreeMap;
use std::fs;

use kiosk::identity::Role;

use crate::house::{Answer, Browser, Edited, TestShop, demo_content};

/// The demonstration shop on a copy of its files.
pub(crate) struct Open {
    pub(crate) shop: TestShop,
    pub(crate) files: Edited,
}

impl Open {
    pub(crate) fn demo() -> Self {
        Self::on(Edited::of(&demo_content()))
    }

    pub(crate) fn on(files: Edited) -> Self {
        Self { shop: TestShop::on(&files), files }
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.files.path().join(path)).unwrap()
    }

    /// A browser of somebody with this role.
    pub(crate) fn desk(&self, role: Role) -> Browser {
        self.shop.sign_in(role)
    }
}

/// Every field a form on a page holds, as a browser would send it.
pub(crate) fn form_of(page: &Answer) -> BTreeMap<String, String> {
    use scraper::{Html, Selector};
    let html = Html::parse_document(&page.body);
    let all = Selector::parse("main form [name]").unwrap();
    let chosen = Selector::parse("option[selected]").unwrap();
    let mut fields = BTreeMap::new();
    for element in html.select(&all) {
        let value = element.value();
        let name = value.attr("name").unwrap().to_owned();
        let text = match value.name() {
            "button" => continue,
            "input" if value.attr("type") == Some("checkbox") => continue,
            "input" => value.attr("value").unwrap_or_default().to_owned(),
            "select" => {
                let option = element.select(&chosen).next();
                option.and_then(|o| o.value().attr("value")).unwrap_or_default().to_owned()
            }
            _ => element.text().collect::<String>(),
        };
        fields.insert(name, text.replace('\n', "\r\n"));
    }
    fields
}

/// Sends what a page's form holds, with some of it changed.
pub(crate) fn send(
    browser: &mut Browser,
    path: &str,
    mut fields: BTreeMap<String, String>,
    changed: &[(&str, &str)],
) -> Answer {
    for (name, text) in changed {
        fields.insert((*name).to_owned(), (*text).to_owned());
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    browser.post(path, &fields)
}

/// Opens the editor, changes something, looks at the change and saves it.
#[track_caller]
pub(crate) fn edit(browser: &mut Browser, path: &str, changed: &[(&str, &str)]) -> Answer {
    let page = browser.get(path);
    assert_eq!(page.status, 200, "{}", page.body);
    let path = path.split('?').next().unwrap();
    let mut changed = changed.to_vec();
    changed.push(("_action", "check"));
    let looked = send(browser, path, form_of(&page), &changed);
    assert_eq!(looked.status, 200, "{:?}", looked.texts(".notice"));
    send(browser, path, form_of(&looked), &[("_action", "save")])
}
