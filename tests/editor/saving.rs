//! Saving from the desk: checked first, shown as a difference, published, kept with its author,
//! and brought back.

use std::fs;

use kiosk::identity::Role;
use kiosk::storefront::{self, By, Change, Refusal, digest_of};

use crate::visit::{Open, edit, form_of, send};

const MUG: &str = "/admin/catalog/products/everyday-mug";
const MUG_FILE: &str = "products/everyday-mug.toml";

// N19, S2.65: a price edited in the form is live at once, one line of the file is another.
#[test]
fn a_price_edited_at_the_desk_is_live() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let before = open.read(MUG_FILE);
    let page = desk.get(MUG);
    let looked = send(&mut desk, MUG, form_of(&page), &[("price", "17.50"), ("_action", "check")]);
    assert_eq!(looked.status, 200, "{}", looked.body);
    assert_eq!(looked.texts(".cat-diff .gone code"), ["price = \"16.00\""]);
    assert_eq!(looked.texts(".cat-diff .came code"), ["price = \"17.50\""]);
    assert_eq!(open.read(MUG_FILE), before, "nothing is written before it is saved");
    let saved = send(&mut desk, MUG, form_of(&looked), &[("_action", "save")]);
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert!(saved.location().contains("done=saved"), "{}", saved.location());
    assert_eq!(open.read(MUG_FILE), before.replace("\"16.00\"", "\"17.50\""));
    let live = open.shop.browser().get("/product/everyday-mug/");
    assert!(live.body.contains("£17.50"), "the shop shows it");
    // Who did it: in the history of the file, among the states, and in the log of changes.
    let history = desk.get(&format!("{MUG}/history"));
    assert!(history.body.contains("catalog@example.org edited"), "{}", history.body);
    let states = storefront::revisions(&open.shop.kit.settings.data_dir).unwrap();
    let by = states.last().unwrap().by.clone().unwrap();
    assert_eq!(
        (by.who.as_str(), by.what.as_str()),
        ("staff:catalog@example.org", "edited products/everyday-mug.toml")
    );
    let noted = open.shop.text("SELECT action || ' ' || after FROM audit WHERE entity = 'file'");
    assert!(noted.starts_with("catalog.edited") && noted.contains("17.50"), "{noted}");
    // One state for one change.
    let again = storefront::revisions(&open.shop.kit.settings.data_dir).unwrap();
    assert_eq!(again.iter().filter(|state| state.by.is_some()).count(), 1);
}

#[test]
fn what_was_saved_can_be_undone() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Owner);
    let before = open.read(MUG_FILE);
    // The state before it is kept, as `kiosk serve` does when it opens.
    let (data, content) = (&open.shop.kit.settings.data_dir, open.files.path());
    let revision = open.shop.app.shelf.books.now().revision.clone();
    storefront::keep_last_good(data, content, &revision, open.shop.kit.now()).unwrap();
    open.shop.advance_s(60);
    let saved = edit(&mut desk, MUG, &[("title", "Everyday cup")]);
    assert_ne!(open.read(MUG_FILE), before);
    let page = desk.get(saved.location());
    let undo = page.attribute(".notice-ok a", "href");
    let looked = desk.get(&undo);
    assert_eq!(looked.texts(".cat-diff .came code"), ["title = \"Everyday mug\""]);
    open.shop.advance_s(60);
    let back = send(&mut desk, MUG, form_of(&looked), &[("_action", "save")]);
    assert_eq!(back.status, 303, "{}", back.body);
    assert_eq!(open.read(MUG_FILE), before);
    assert_eq!(storefront::history(data, MUG_FILE, 9).unwrap().len(), 3);
    // Nobody reads other files' past through this one's.
    let shop_toml = digest_of(Some(&fs::read(content.join("shop.toml")).unwrap()));
    assert_eq!(desk.get(&format!("{MUG}/restore?digest={shop_toml}&view=text")).status, 404);
}

// S2.93: what a form may not hold is refused where it was typed.
#[test]
fn mistakes_are_told_at_their_fields_and_nothing_is_written() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let (before, page) = (open.read(MUG_FILE), desk.get(MUG));
    let wrong = [("price", "16.005"), ("variants.1.image", "nowhere.webp"), ("_action", "check")];
    let refused = send(&mut desk, MUG, form_of(&page), &wrong);
    assert_eq!(refused.status, 422);
    let told = refused.texts(".field-wrong .wrong").join(" ");
    assert!(told.contains("three decimals; GBP has two"), "{told}");
    assert!(told.contains("not among the product's [[images]]"), "{told}");
    assert_eq!(refused.attribute("#f-price", "value"), "16.005", "what was typed stays");
    let excerpt = refused.texts(".cat-excerpt").join(" ");
    let leads_away = refused.body.contains("view=text#L");
    assert!(excerpt.contains("products/everyday-mug.toml:3") && !leads_away, "{excerpt}");
    // The same for text, and for somebody who sends the last step at once.
    let seen = page.attribute("[name=_seen]", "value");
    for action in ["check", "save"] {
        let text =
            [("_view", "text"), ("_seen", &seen), ("_text", "title = "), ("_action", action)];
        assert_eq!(desk.post(MUG, &text).status, 422);
    }
    assert_eq!(open.read(MUG_FILE), before);
}

// Two people, one file: the second sees both versions, and nothing is lost.
#[test]
fn who_was_slower_sees_both_versions() {
    let open = Open::demo();
    let (mut one, mut two) = (open.desk(Role::Owner), open.desk(Role::Catalog));
    let (mine, theirs) = (one.get(MUG), two.get(MUG));
    let looked = send(&mut one, MUG, form_of(&mine), &[("price", "15.00"), ("_action", "check")]);
    let late = send(&mut two, MUG, form_of(&theirs), &[("title", "Cup"), ("_action", "check")]);
    assert_eq!(late.status, 200);
    assert_eq!(send(&mut one, MUG, form_of(&looked), &[("_action", "save")]).status, 303);
    let refused = send(&mut two, MUG, form_of(&late), &[("_action", "save")]);
    assert_eq!(refused.status, 409);
    assert!(refused.texts("#theirs")[0].contains("\"15.00\""));
    assert!(refused.texts("#mine")[0].contains("\"Cup\""));
    assert!(open.read(MUG_FILE).contains("\"15.00\"") && !open.read(MUG_FILE).contains("\"Cup\""));
    // A program that writes the file counts as well.
    let page = two.get(MUG);
    let edited = open.read(MUG_FILE).replace("\"15.00\"", "\"14.00\"");
    let open = Open { files: open.files.write(MUG_FILE, &edited), ..open };
    let refused = send(&mut two, MUG, form_of(&page), &[("title", "Cup"), ("_action", "check")]);
    assert_eq!(refused.status, 409);
    // What was typed is put on what was seen, so it does not undo what came meanwhile unseen.
    let lines = refused.texts(".cat-diff .came code");
    assert!(lines.contains(&"title = \"Cup\"".to_owned()), "{lines:?}");
    let merged = edited.replace("Everyday mug\"", "Cup\"");
    let looked =
        send(&mut two, MUG, form_of(&refused), &[("_text", &merged), ("_action", "check")]);
    assert_eq!(looked.status, 200, "{}", looked.body);
    assert_eq!(send(&mut two, MUG, form_of(&looked), &[("_action", "save")]).status, 303);
    assert_eq!(open.read(MUG_FILE), merged);
}

#[test]
fn new_things_are_made_and_old_ones_go() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let path = "/admin/catalog/products/+new";
    let fields = [
        ("title", "Plain cup"),
        ("sku", "CUP-1"),
        ("price", "12.00"),
        ("category", "tableware/mugs-cups"),
        ("description", "A cup."),
        ("images.0.file", "mug-oat.webp"),
        ("images.0.alt", "A cup"),
    ];
    let saved = edit(&mut desk, path, &fields);
    assert!(saved.location().starts_with("/admin/catalog/products/plain-cup?done=saved"));
    assert_eq!(open.shop.browser().get("/product/plain-cup/").status, 200);
    // An address that is taken is a conflict, not an end.
    let page = desk.get(path);
    let mut again = fields.to_vec();
    again.push(("_action", "check"));
    assert_eq!(send(&mut desk, path, form_of(&page), &again).status, 409);
    // A copy is a draft with SKUs of its own.
    let copy = edit(&mut desk, &format!("{path}?copy_of=plain-cup"), &[]);
    assert!(copy.location().starts_with("/admin/catalog/products/plain-cup-copy?"));
    assert!(open.read("products/plain-cup-copy.toml").contains("\"CUP-1-COPY\""));
    // What others name cannot go.
    let bundled = "/admin/catalog/products/soap-olive";
    let asked = desk.post(bundled, &[("_action", "gone")]);
    assert_eq!(asked.status, 200);
    let gone = send(&mut desk, bundled, form_of(&asked), &[("_action", "save")]);
    assert_eq!(gone.status, 422, "{:?}", gone.texts(".notice"));
    assert!(open.files.path().join("products/soap-olive.toml").exists());
    let copy = "/admin/catalog/products/plain-cup-copy";
    let asked = desk.post(copy, &[("_action", "gone")]);
    let gone = send(&mut desk, copy, form_of(&asked), &[("_action", "save")]);
    assert_eq!(gone.status, 303, "{:?}", gone.texts(".notice"));
    let file = open.files.path().join("products/plain-cup-copy.toml");
    assert!(!file.exists());
    // And comes back as it was, by what the list says.
    let list = desk.get(gone.location());
    assert!(list.body.contains("plain-cup-copy is removed."), "{}", list.body);
    let back = list.attribute("[role=status] p a", "href");
    let asked = desk.get(&back);
    assert_eq!(asked.status, 200, "{back}");
    let saved = send(&mut desk, copy, form_of(&asked), &[("_action", "save")]);
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".notice"));
    assert!(open.read("products/plain-cup-copy.toml").contains("\"CUP-1-COPY\""));
}

// S2.70: what it will look like, before anybody else sees it.
#[test]
fn a_preview_shows_what_is_not_saved() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    for (path, field, text) in [
        (MUG, "title", "Rather another mug"),
        ("/admin/catalog/bundles/new-desk", "title", "Rather another desk"),
        ("/admin/catalog/categories/tableware", "description", "Rather other words."),
        ("/admin/catalog/pages/about", "body", "Rather **other** words."),
    ] {
        let page = desk.get(path);
        let sent = [(field, text), ("_action", "preview")];
        let preview = send(&mut desk, path, form_of(&page), &sent);
        assert_eq!(preview.status, 200, "{path}: {:?}", preview.texts(".notice"));
        assert!(preview.body.contains("Rather") && preview.body.contains("Preview."), "{path}");
    }
    let live = open.shop.browser().get("/product/everyday-mug/");
    assert!(!live.body.contains("Rather"), "nobody else sees it");
    // Drafts have no page yet; this is what it will be.
    let page = desk.get("/admin/catalog/products/+new?copy_of=everyday-mug");
    let sent = [("title", "A draft of a mug"), ("_action", "preview")];
    let preview = send(&mut desk, "/admin/catalog/products/+new", form_of(&page), &sent);
    assert_eq!(preview.status, 200, "{:?}", preview.texts(".notice"));
    assert!(preview.body.contains("A draft of a mug"));
}

// S2.73, S2.75, S2.76: every address of the catalog × every role.
#[test]
fn each_role_does_what_it_may() {
    let open = Open::demo();
    let before = open.read(MUG_FILE);
    let reads = [
        "/admin/catalog",
        "/admin/catalog/bundles",
        MUG,
        "/admin/catalog/products/everyday-mug/history",
        "/admin/catalog-table",
        "/admin/catalog-table/products.csv",
        "/admin/catalog-pictures/mug-oat.webp",
    ];
    let writes = [MUG, "/admin/catalog/products/everyday-mug/picture", "/admin/catalog-table"];
    for role in [Role::Owner, Role::Catalog, Role::Orders] {
        let mut desk = open.desk(role);
        for path in reads {
            assert_eq!(desk.get(path).status, 200, "{path} {}", role.word());
        }
        let restore = desk.get("/admin/catalog/products/everyday-mug/restore?digest=x").status;
        assert_eq!(restore, if role == Role::Orders { 403 } else { 404 });
        for path in writes {
            // A refusal may end the connection before the form is read.
            let mut fresh = open.shop.browser();
            fresh.cookies.clone_from(&desk.cookies);
            let status = fresh.post(path, &[("_action", "check")]).status;
            assert_eq!(status == 403, role == Role::Orders, "{path} {} {status}", role.word());
        }
        let page = desk.get(MUG);
        assert_eq!(page.texts(".cat-acts").is_empty(), role == Role::Orders);
    }
    let mut stranger = open.shop.browser();
    for path in reads {
        assert_eq!(stranger.get(path).status, 303, "{path}");
    }
    for path in writes {
        let status = open.shop.browser().post(path, &[("_action", "save")]).status;
        assert_eq!(status, 401, "{path}");
    }
    assert_eq!(open.read(MUG_FILE), before);
}

#[test]
fn other_sites_cannot_save() {
    let open = Open::demo();
    let desk = open.desk(Role::Owner);
    let jar: Vec<String> = desk.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let jar = jar.join("; ");
    let before = open.read(MUG_FILE);
    let body = b"_action=save&_view=text&_seen=&_text=";
    for from in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let headers =
            [("cookie", jar.as_str()), ("content-type", "application/x-www-form-urlencoded"), from];
        let answer = open.shop.browser().send(MUG, &headers, body);
        assert_eq!(answer.status, 403, "{}", answer.body);
    }
    assert_eq!(open.read(MUG_FILE), before);
}

// Stored script in product text: in the desk, the difference, the preview and the shop.
#[test]
fn script_in_product_text_stays_text() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Owner);
    let evil = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>\"'";
    let page = desk.get(MUG);
    let refused = [("description", evil), ("_action", "check")];
    let refused = send(&mut desk, MUG, form_of(&page), &refused);
    assert_eq!(refused.status, 422, "descriptions have no HTML of their own");
    let sent = [("title", evil), ("brand", evil), ("_action", "check")];
    let looked = send(&mut desk, MUG, form_of(&page), &sent);
    let saved = send(&mut desk, MUG, form_of(&looked), &[("_action", "save")]);
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".notice"));
    let mut pages = vec![looked];
    assert!(!refused.body.contains("<script>alert"), "{}", refused.body);
    let text = format!("{MUG}?view=text");
    for path in [MUG, &text, "/admin/catalog", "/product/everyday-mug/", "/admin/log"] {
        pages.push(desk.get(path));
    }
    let preview = send(&mut desk, MUG, form_of(&page), &[("title", evil), ("_action", "preview")]);
    pages.push(preview);
    for page in pages {
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
        assert!(!page.body.contains("<img src=x"), "{}", page.body);
    }
}

// Escapes from the content folder: by name, by link, by folder.
#[test]
fn nothing_is_written_outside_the_catalog() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Owner);
    let shop = open.read("shop.toml");
    for slug in ["../shop", "..%2Fshop", "a/b", ".hidden", "Ünïcode", "con\0", "x.toml"] {
        let form = [("_slug", slug), ("title", "A"), ("_action", "check")];
        let answer = desk.post("/admin/catalog/pages/+new", &form);
        assert_eq!(answer.status, 422, "{slug}");
        let path = format!("/admin/catalog/pages/{}", slug.replace('\0', "%00"));
        assert!(matches!(desk.get(&path).status, 303 | 404), "{slug}");
    }
    let by = By { who: "staff:x".to_owned(), what: "test".to_owned() };
    let (kit, shelf) = (&open.shop.kit, &open.shop.app.shelf);
    let try_to = |path: &str| {
        let change = Change {
            path: path.to_owned(),
            content: Some(b"title = 1\n".to_vec()),
            seen: String::new(),
        };
        let saved = open.shop.block_on(async { storefront::save(kit, shelf, &[change], &by) });
        match saved.map_err(|failure| failure.to_string()) {
            Err(why) => why,
            Ok(_) => panic!("{path} was written"),
        }
    };
    for path in ["shop.toml", "../evil.toml", "products/../../evil.toml", "tests/x.toml"] {
        assert!(try_to(path).contains("none of the files"), "{path}");
    }
    #[cfg(unix)]
    {
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().join("target.toml");
        fs::File::create(&target).unwrap();
        let link = open.files.path().join("products/linked.toml");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(try_to("products/linked.toml").contains("none of the files"));
        assert_eq!(desk.get("/admin/catalog/products/linked").status, 404);
        fs::remove_file(&link).unwrap();
        let folder = open.files.path().join("promotions");
        fs::rename(&folder, open.files.path().join("promotions-aside")).unwrap();
        std::os::unix::fs::symlink(outside.path(), &folder).unwrap();
        assert!(try_to("promotions/evil.toml").contains("none of the files"));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }
    assert_eq!(open.read("shop.toml"), shop);
}

// A broken file elsewhere is no reason to keep this one from being mended.
#[test]
fn one_of_two_broken_files_can_be_mended() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Owner);
    let (soap, jug) = ("products/soap-olive.toml", "products/jug-chalk.toml");
    let (good_soap, good_jug) = (open.read(soap), open.read(jug));
    let files = open.files.write(soap, "title = \n").write(jug, "title = \n");
    let open = Open { files, ..open };
    open.shop.advance_s(60);
    open.shop.app.shelf.files.again(open.files.path()).unwrap();
    assert!(desk.get("/admin/catalog").body.contains("mistakes in the files"));
    let path = "/admin/catalog/products/soap-olive";
    let page = desk.get(path);
    assert!(page.texts(".cat-ways [aria-current]").contains(&"Text".to_owned()), "form cannot");
    let looked =
        send(&mut desk, path, form_of(&page), &[("_text", &good_soap), ("_action", "check")]);
    assert_eq!(looked.status, 200, "{:?}", looked.texts(".notice"));
    let saved = send(&mut desk, path, form_of(&looked), &[("_action", "save")]);
    assert!(saved.location().contains("done=waiting"), "{}", saved.location());
    // Not shown yet, but a state with its author, and can be undone.
    let past = desk.get(&format!("{path}/history")).texts(".timeline > li");
    assert!(past[0].contains("owner@example.org") && past[0].contains("edited"), "{past:?}");
    let undo = desk.get(saved.location()).attribute("[role=status] a", "href");
    let undone = desk.get(&undo);
    assert!(undone.status == 422 && undone.body.contains("soap-olive.toml"), "{}", undone.body);
    open.shop.advance_s(60);
    let path = "/admin/catalog/products/jug-chalk";
    let page = desk.get(path);
    let looked =
        send(&mut desk, path, form_of(&page), &[("_text", &good_jug), ("_action", "check")]);
    let saved = send(&mut desk, path, form_of(&looked), &[("_action", "save")]);
    assert!(saved.location().contains("done=saved"), "{}", saved.location());
    let past = desk.get(&format!("{path}/history")).texts(".timeline > li");
    assert!(past[0].contains("owner@example.org"), "{past:?}");
    // The copy for bad days has what waited as well as what was saved last.
    let kept = open.shop.kit.settings.data_dir.join("last_good");
    for (file, text) in [(soap, &good_soap), (jug, &good_jug)] {
        assert_eq!(fs::read_to_string(kept.join(file)).unwrap().trim(), text.trim(), "{file}");
    }
}

#[test]
fn refusals_say_what_to_do() {
    use kiosk::base::fault::Refusal as _;
    for refusal in [
        Refusal::NotEditable("x".to_owned()),
        Refusal::Conflict { path: "x".to_owned(), now: None },
        Refusal::Same,
    ] {
        let problem = refusal.problem();
        assert!(problem.hint.is_some() && (400..500).contains(&problem.status));
    }
}
