//! Days of arrival on pages: true when they are read, and made anew when they no longer are.

use std::sync::Arc;

use super::house::TestShop;

const MUG: &str = "/product/everyday-mug/";

/// What a page promises under its button.
fn promise(shop: &TestShop, path: &str) -> String {
    shop.browser().get(path).texts(".promises li").remove(0)
}

// S2.12: cost and day stand on the page before anything is put into the cart; they change at the
// cut-off and at midnight, by the shop's clock, and nothing else is drawn for it.
#[test]
fn a_page_says_the_day_of_arrival_and_never_yesterdays() {
    let shop = TestShop::demo();
    let shelf = || Arc::clone(&shop.app.shelf.now().files["/category/tableware/"]);
    // Tuesday, 10:00; the cut-off is at 14:00, and two working days are promised.
    let told = promise(&shop, MUG);
    assert!(told.contains("£4.99") && told.contains("with you Thu 26 November"), "{told}");
    assert!(promise(&shop, "/bundle/slow-breakfast/").contains("Thu 26 November"));
    shop.advance_s(4 * 3600);
    shop.work_off();
    assert!(promise(&shop, MUG).contains("Thu 26 November"), "on the minute is in time");
    shop.app.shelf.pack(&shop.kit).unwrap();
    let before = shelf();
    shop.advance_s(1);
    shop.work_off();
    assert!(promise(&shop, MUG).contains("Fri 27 November"));
    assert!(Arc::ptr_eq(&before, &shelf()), "a shelf says no dates");
    shop.advance_s(10 * 3600);
    shop.work_off();
    assert!(promise(&shop, MUG).contains("Fri 27 November"), "Wednesday, before the cut-off");
    // Friday afternoon: the weekend does not count.
    shop.advance_s((2 * 24 + 15) * 3600);
    shop.work_off();
    assert!(promise(&shop, MUG).contains("Wed 2 December"));
}

// S2.12: nobody is told to order now what is not there.
#[test]
fn what_is_sold_out_has_no_day() {
    let shop = TestShop::demo();
    shop.set_stock("HF-BA-001", 0);
    shop.work_off();
    let told = promise(&shop, "/product/soap-olive/");
    assert!(told.contains("in 2 working days") && !told.contains("November"), "{told}");
}
