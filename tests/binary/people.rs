//! `kiosk staff`: without it nobody ever comes in at the desk.

use std::io::Write;
use std::process::Stdio;

use super::process::{Folder, KIOSK, Server, ran};

const OWNER: &str = "ada@example.org";
const PASSWORD: &str = "a lantern in the attic";

/// What the desk answers to this address and password.
fn sign_in(server: &Server, email: &str) -> u16 {
    let form = [("email", email), ("password", PASSWORD)];
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: ureq::Agent = config.proxy(None).build().into();
    agent.post(format!("{}/admin/sign-in", server.base)).send_form(form).unwrap().status().as_u16()
}

// S2.74: the first owner is made by command: by a link that opens, or with a password at once.
#[test]
fn people_are_let_in_and_out_by_command() {
    let folder = Folder::base();
    let early = folder.run(&["staff", "list"]).could_not();
    assert!(early.contains("start the shop once"), "{early}");
    let server = folder.serve();
    let nobody = folder.run(&["staff", "list"]).ended(0);
    assert!(nobody.contains("kiosk staff add"), "{nobody}");
    let mut add = folder.command(KIOSK, &["staff", "add", OWNER, "--password-stdin"]);
    let piped = add.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let added = child.wait_with_output().unwrap();
    let said = String::from_utf8(added.stdout).unwrap();
    assert!(added.status.success() && said.contains("may sign in at"), "{said}");
    let added = folder.run(&["staff", "add", "ben@example.org", "--role", "orders"]).ended(0);
    let link = added.lines().last().unwrap().trim();
    let page = &link[link.find("/admin/welcome/").unwrap()..];
    assert_eq!(sign_in(&server, OWNER), 303);
    assert_eq!(server.get(page).0, 200, "the link opens");
    // Another role, no way in, and in again.
    let run = |args: &[&str]| folder.run(&[&["staff"], args].concat());
    assert!(run(&["role", "ben@example.org", "catalog"]).ended(0).contains("is catalog now"));
    let list = run(&["list"]).ended(0);
    assert!(list.contains(OWNER) && list.contains("catalog"), "{list}");
    assert!(list.contains("has not chosen a password"), "{list}");
    let last = run(&["deactivate", OWNER]).could_not();
    assert!(last.contains("Nobody else"), "the last owner stays: {last}");
    run(&["add", "eve@example.org"]).ended(0);
    run(&["deactivate", OWNER]).could_not();
    let reset = run(&["reset", "ben@example.org"]).ended(0);
    assert!(reset.contains("/admin/welcome/"), "{reset}");
    assert_eq!(server.get(page).0, 410, "the first link is worth nothing any more");
    run(&["deactivate", "ben@example.org"]).ended(0);
    assert!(run(&["list"]).ended(0).contains("may not sign in"));
    run(&["reactivate", "ben@example.org"]).ended(0);
    assert!(run(&["role", "nobody@example.org", "owner"]).could_not().contains("nobody@example"));
    assert!(run(&["add", OWNER]).could_not().contains(OWNER));
    assert!(run(&["add", "no address"]).could_not().contains("address"));
    assert_eq!(server.stop(), Some(0));
    let mut wrong = folder.command(KIOSK, &["staff", "add", "x@example.org", "--role", "king"]);
    wrong.stdin(Stdio::null());
    assert_eq!(ran(wrong).code, Some(2));
}
