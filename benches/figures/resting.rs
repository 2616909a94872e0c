//! What the shop weighs, and how soon it is open again when nothing has changed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::Server;
use crate::table::{Goal, alone, heading, median};
use crate::{KIOSK, building};

/// Starts of each shop.
const STARTS: usize = 5;

/// Size, memory and start of the demonstration shop and of larger ones.
pub(crate) fn report(data: &Path) {
    heading("Size, start and memory");
    let bytes = fs::metadata(KIOSK).unwrap().len();
    alone("the program", bytes as f64 / 1_048_576.0, "MiB", Goal::Most(14.0));
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let shops = [
        ("demonstration shop", demo, "/", Goal::Most(40.0)),
        ("1000 products", building::kiosk_site(1000), "/product/thing-500/", Goal::Told),
        ("10000 products", building::kiosk_site(10_000), "/product/thing-500/", Goal::Most(100.0)),
    ];
    for (name, content, page, memory) in shops {
        let data = data.join(name.replace(' ', "-"));
        let start = || {
            let mut command = Command::new(KIOSK);
            command.arg("serve");
            Server::kiosk(command, &content, &data, page)
        };
        // The first start makes what later ones find.
        let first = start();
        first.settled_s();
        alone(
            &format!("{name}: first start to first page"),
            first.opened_s * 1e3,
            "ms",
            Goal::Told,
        );
        drop(first);
        let mut starts = Vec::new();
        let mut rests = Vec::new();
        for _ in 0..STARTS {
            let shop = start();
            starts.push(shop.opened_s * 1e3);
            shop.settled_s();
            rests.push(shop.memory_mib());
        }
        let what = format!("{name}: start to first page, nothing changed");
        alone(&what, median(starts), "ms", Goal::Most(50.0));
        alone(&format!("{name}: memory at rest"), median(rests), "MiB", memory);
    }
}
