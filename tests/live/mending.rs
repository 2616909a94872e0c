//! What is saved while something else is broken, and folders and templates that misbehave.

use std::fs;

use super::house::{Edited, TestShop, base_content, copy};
use super::{Events, KILN, watched};
use crate::process::until;

const OWN: &str =
    "{% extends \"store/base.html\" %}\n{% block main %}OWN {{ product.title }}{% endblock %}\n";

fn write(shop: &TestShop, text: impl AsRef<[u8]>) {
    fs::write(shop.dir.path().join("site/store/product.html"), text).unwrap();
}

fn shown(shop: &TestShop) -> String {
    shop.browser().get("/product/kiln/").body
}

// S4.1: a template saved while the content is broken is shown once that is mended; one that is
// broken stays told while content is published.
#[test]
fn nothing_that_was_saved_is_forgotten() {
    let content = Edited::of(&base_content());
    let (shop, _watching) = watched(&content);
    let mut events = Events::of(&shop.base);
    let content = content.replace(KILN, "999.99", "999.999");
    assert!(events.mistakes().contains("three decimals"));
    write(&shop, OWN);
    events.mistakes();
    let content = content.replace(KILN, "999.999", "999.99");
    events.until(|news| news["mistakes"].is_null());
    assert!(shown(&shop).contains("OWN Table kiln"));

    write(&shop, OWN.replace("product.title", "product.title|shout"));
    assert!(events.mistakes().contains("unknown filter"));
    let _content = content.replace(KILN, "Table kiln", "Desk kiln");
    assert!(events.mistakes().contains("unknown filter"), "it is still not mended");
    // Content does not wait for it.
    until("the new title", || shown(&shop).contains("OWN Desk kiln").then_some(()));
    write(&shop, OWN);
    events.until(|news| news["mistakes"].is_null());
    assert!(shown(&shop).contains("OWN Desk kiln"));
}

// S4.1: a loop that does not end, and a file that is no text, are mistakes like others.
#[test]
fn a_template_without_end_or_text_is_told() {
    let content = Edited::of(&base_content());
    let (shop, _watching) = watched(&content);
    let mut events = Events::of(&shop.base);
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    write(&shop, format!("\n{endless}"));
    let told = events.mistakes();
    assert!(told.contains("site/store/product.html:2") && told.contains("for too long"), "{told}");
    write(&shop, b"words\n\xff\n");
    let told = events.until(|news| news.to_string().contains("not UTF-8")).to_string();
    assert!(told.contains("site/store/product.html:2"), "{told}");
    write(&shop, OWN);
    events.until(|news| news["mistakes"].is_null());
    assert!(shown(&shop).contains("OWN Table kiln"));
}

// S4.1: a content folder that takes the place of another is followed like the first.
#[test]
fn a_folder_put_in_place_of_another_is_followed() {
    let place = tempfile::TempDir::new().unwrap();
    let [content, aside] = ["content", "aside"].map(|name| place.path().join(name));
    copy(&base_content(), &content);
    let shop =
        TestShop::with(super::Setup { content: Some(content.clone()), ..Default::default() });
    let watching =
        shop.block_on(async { super::storefront::watch(&shop.kit, &shop.app.shelf, None) });
    let _watching = watching.unwrap();
    let price = |was: &str, is: &str| {
        let file = content.join(KILN);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace(was, is)).unwrap();
        until(is, || shown(&shop).contains(is).then_some(()));
    };
    price("999.99", "989.99");
    fs::rename(&content, &aside).unwrap();
    copy(&aside, &content);
    price("989.99", "979.99");
    price("979.99", "969.99");
}

// S4.11: icons and the manifest follow the shop's name and sign; a sign that cannot be read costs
// neither the shop nor its icons.
#[test]
fn icons_follow_the_shop() {
    let content = Edited::of(&base_content());
    let shop = TestShop::on(&content);
    let icon = || shop.browser().get("/icon-192.png").headers["etag"].clone();
    let drawn = icon();
    let content = content.replace("shop.toml", "Small Shop", "Zebra");
    shop.publish(&content);
    assert!(shop.browser().get("/site.webmanifest").body.contains("\"name\":\"Zebra\""));
    let zebra = icon();
    assert_ne!(drawn, zebra);
    let sign = image::RgbaImage::from_fn(512, 512, |x, y| {
        image::Rgba([x.to_le_bytes()[0], y.to_le_bytes()[0], 7, 255])
    });
    let place = content.path().join("images/sign.png");
    sign.save(&place).unwrap();
    let content =
        content.replace("shop.toml", "[contact]", "[brand]\nicon = \"sign.png\"\n[contact]");
    shop.publish(&content);
    let signed = icon();
    assert_ne!(signed, zebra);
    // Cut off after it was read: the monogram stands in.
    let whole = fs::read(&place).unwrap();
    fs::write(&place, &whole[..whole.len() / 2]).unwrap();
    let content = content.replace("shop.toml", "Zebra", "Zebra two");
    let loaded = kiosk::pricing::load(content.path()).unwrap();
    let said = format!("{:?}", loaded.complaints);
    assert!(loaded.book.is_none() && said.contains("icon-unreadable"), "{said}");
}
