//! The pages as they are sent, read by the Nu HTML checker.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::kinds::{self, Findings};
use crate::tool;

// S1.24, S1.25, S2.63: pages are HTML by the letter of the standard.
#[test]
fn the_html_checker_finds_no_error_in_any_page() {
    let Some(checker) = tool("vnu-jar/build/dist/vnu.jar") else { return };
    let (_shop, kinds) = kinds::all();
    let folder = TempDir::new().unwrap();
    for kind in &kinds {
        let page = kind.fetch();
        fs::write(folder.path().join(format!("{}.html", kind.name)), page.body).unwrap();
    }
    let mut asked = Command::new("java");
    asked.arg("-jar").arg(checker).args(["--format", "json", "--exit-zero-always"]);
    let said = asked.arg(folder.path()).output();
    let said = said.unwrap_or_else(|e| panic!("java does not start: {e}; run make tools"));
    let report: Value = serde_json::from_slice(&said.stderr)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&said.stderr)));
    let mut findings = Findings::default();
    for message in report["messages"].as_array().unwrap() {
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        let page = Path::new(text("url")).file_stem().unwrap_or_default().to_string_lossy();
        let (what, at) = (text("message"), &message["lastLine"]);
        match (text("type"), text("subType")) {
            ("info", "warning") => eprintln!("warning: {page} line {at}: {what}"),
            ("info", _) => (),
            _ => {
                let extract = text("extract").replace('\n', " ");
                findings.note(format!("{what} ({extract})"), format!("{page} line {at}"));
            }
        }
    }
    findings.none();
}
