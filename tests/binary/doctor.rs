//! `kiosk doctor`: the running shop looked over from outside.

use std::fs;

use serde_json::Value;

use super::process::{Folder, until};

// S2.111: every page, and every picture in every size, is asked for; what is missing is named with
// a page that shows it.
#[test]
fn a_missing_picture_of_the_live_shop_is_named() {
    let folder = Folder::base().set("avif", "off");
    let server = folder.serve();
    let kiln = || server.get("/product/kiln/").1;
    until("the sizes of pictures", || kiln().contains("image/webp").then_some(()));
    let well = folder.run(&["doctor", "--url", &server.base]).ended(0);
    assert!(well.starts_with("All well: ") && well.contains(" pages and "), "{well}");
    let told = folder.run(&["doctor", "--url", &server.base, "--json"]).ended(0);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(told["pages"].as_u64() > Some(5) && told["files"].as_u64() > Some(20), "{told}");
    assert_eq!((&told["ok"], &told["wrong"]), (&true.into(), &Value::Array(Vec::new())));

    // One file of a picture is lost.
    let kept = folder.path("data/pictures");
    let files = fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files = files.map(|name| name.into_string().unwrap());
    let lost = files.find(|name| name.ends_with(".webp")).unwrap();
    fs::remove_file(kept.join(&lost)).unwrap();
    let ill = folder.run(&["doctor", "--url", &server.base]);
    assert!(ill.err.contains(" files at ") && ill.err.contains(" are not well."), "{ill:#?}");
    // Pictures that are the same share one file.
    for line in ill.ended(1).lines() {
        let told = line.starts_with("/images/") && line.contains(&format!("{lost} answers 404; /"));
        assert!(told, "{line}");
    }
    assert_eq!(server.stop(), Some(0));

    // A shop that is not open is not well, and not ill either.
    let closed = folder.run(&["doctor", "--url", "http://127.0.0.1:1"]).could_not();
    assert!(
        closed.contains("/sitemap.xml gives no answer") && closed.contains("--url"),
        "{closed}"
    );
}
