//! Disks that fail under a shop that sells: syncs and writes that return errors (through strace),
//! and a disk that is full. Sales are refused in words, pages are served, nothing answered is
//! lost, and afterwards the shop sells again. Where the machine cannot play the fault, the test
//! says so and ends.

mod process;

use std::process::Command;

use process::{Caller, Folder, KIOSK, Server, SmallDisk, buyer, until};
use serde_json::{Value, json};

/// Checkouts tried while a fault is lying in wait.
const TRIES: u32 = 40;

/// What the shop has answered so far.
#[derive(Default)]
struct Promised {
    /// Tokens of orders.
    orders: Vec<String>,
    /// Tokens of orders whose payment page said thanks.
    paid: Vec<String>,
    refused: u32,
}

fn refused(status: u16, body: &Value, promised: &mut Promised) {
    assert!([503, 507].contains(&status), "a failing disk is not told as such: {status} {body}");
    assert!(body["detail"].as_str().is_some_and(|words| words.len() > 10), "{body}");
    promised.refused += 1;
}

/// A buyer puts one in, orders and pays, as far as it goes; false when nobody answers any more.
fn buy(base: &str, promised: &mut Promised) -> bool {
    let mut caller = Caller::new(base);
    let line = json!({ "sku": "GLAZE-6", "qty": 1 });
    let Some((status, cart)) = caller.post("/api/cart/lines", &line) else { return false };
    if status != 201 {
        refused(status, &cart, promised);
        return true;
    }
    let Some((status, begun)) = caller.post("/api/checkout", &buyer(&cart)) else { return false };
    if status != 201 {
        refused(status, &begun, promised);
        return true;
    }
    let token = begun["token"].as_str().unwrap().to_owned();
    promised.orders.push(token.clone());
    let url = begun["payment_url"].as_str().unwrap();
    let page = url.find("/simulator/").map_or("", |at| &url[at..]);
    match caller.press(page, &[("action", "pay")]) {
        Some(303) => promised.paid.push(token),
        Some(_) => promised.refused += 1,
        None => return false,
    }
    true
}

/// The shop opens again without faults: everything answered is there, the books are right and
/// agree with the provider's, and it sells.
fn all_is_well(folder: &Folder, promised: &mut Promised) {
    let server = folder.serve();
    until("payments have arrived", || {
        let caller = Caller::new(&server.base);
        let is_paid = |token: &String| {
            let (status, order) = caller.get(&format!("/api/checkout/{token}")).unwrap();
            assert_eq!(status, 200, "an order that was answered is gone");
            order["payment_status"] == "paid"
        };
        promised.orders.iter().for_each(|token| {
            is_paid(token);
        });
        promised.paid.iter().all(is_paid).then_some(())
    });
    let before = promised.paid.len();
    assert!(buy(&server.base, promised), "the shop does not answer");
    assert_eq!(promised.paid.len(), before + 1, "the shop does not sell any more");
    until("both books agree", || {
        let taken =
            folder.number("SELECT count(*) FROM simulator_session WHERE payment_status = 'paid'");
        let ours = folder.number("SELECT count(*) FROM orders WHERE paid_at IS NOT NULL");
        (taken == ours).then_some(())
    });
    assert_eq!(server.stop(), Some(0));
    folder.run(&["audit"]).ended(0);
}

fn shop() -> Folder {
    let folder = Folder::base();
    assert_eq!(folder.serve().stop(), Some(0));
    folder.run(&["stock", "receive", "GLAZE-6", "100000"]).ended(0);
    folder
}

fn has_strace() -> bool {
    let probe = ["-qq", "-o", "/dev/null", "-e", "trace=none", "true"];
    let traced = Command::new("strace").args(probe).output();
    traced.is_ok_and(|output| output.status.success())
}

// S4.31: the n-th sync or write of the disk fails, for many n: the shop refuses or ends, and a
// restart finds everything that was answered.
#[test]
fn failing_syncs_and_writes_lose_nothing() {
    if !has_strace() {
        println!("skipped: strace is not here, or may not trace");
        return;
    }
    let folder = shop();
    let mut promised = Promised::default();
    let (mut ended, mut rounds) = (0, 0);
    for (calls, error) in [("fsync,fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")]
    {
        for nth in [2, 5, 9, 14, 23, 40] {
            rounds += 1;
            let inject = format!("inject={calls}:error={error}:when={nth}+7");
            // -D: the shop is our own child, so that it can be told to stop.
            let args = ["-D", "-f", "-qq", "-o", "/dev/null", "-e", &inject, KIOSK, "serve"];
            let Ok(server) = Server::start(folder.command("strace", &args)) else {
                ended += 1;
                continue;
            };
            for _ in 0..TRIES {
                if !buy(&server.base, &mut promised) {
                    ended += 1;
                    break;
                }
            }
            server.kill();
            let audit = folder.run(&["audit"]);
            assert_eq!(audit.code, Some(0), "{inject}:\n{}{}", audit.out, audit.err);
        }
    }
    println!(
        "{rounds} rounds: {} orders and {} payments answered, {} refused, ended by itself {ended} \
         times",
        promised.orders.len(),
        promised.paid.len(),
        promised.refused
    );
    assert!(promised.refused + ended > 3, "no fault was met");
    all_is_well(&folder, &mut promised);
}

// S4.31: on a full disk pages are served and nothing is sold; with room again, it sells.
#[test]
fn a_full_disk_stops_sales_and_nothing_else() {
    let folder = Folder::base();
    let Some(disk) = SmallDisk::mount(&folder.path("data"), "12m") else {
        println!("skipped: only root may mount a small disk");
        return;
    };
    assert_eq!(folder.serve().stop(), Some(0));
    folder.run(&["stock", "receive", "GLAZE-6", "100000"]).ended(0);
    let mut promised = Promised::default();
    let server = folder.serve();
    for _ in 0..3 {
        assert!(buy(&server.base, &mut promised));
    }
    assert_eq!((promised.paid.len(), promised.refused), (3, 0));
    disk.fill();
    for _ in 0..TRIES {
        assert!(buy(&server.base, &mut promised), "the shop ended: {}", server.said());
        assert_eq!(server.get("/").0, 200);
        assert_eq!(server.get("/product/kiln/").0, 200);
    }
    assert!(promised.refused > TRIES / 2, "only {} were refused", promised.refused);
    disk.clear();
    let before = promised.paid.len();
    until("it sells again", || {
        assert!(buy(&server.base, &mut promised));
        (promised.paid.len() > before).then_some(())
    });
    assert_eq!(server.stop(), Some(0));
    all_is_well(&folder, &mut promised);
    drop(disk);
}
