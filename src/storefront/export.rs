//! The edition as a folder of files, for any static host.

use std::fs;
use std::path::Path;

use super::edition::Edition;
use crate::base::Fault;
use crate::base::fault::Doing;

/// Writes every page, asset and picture below `out`; returns how many files. Files that were there
/// and are no longer made are left alone.
///
/// # Errors
/// When the folder cannot be written.
pub fn export(edition: &Edition, out: &Path) -> Result<usize, Fault> {
    fs::create_dir_all(out).doing(&format!("making {}", out.display()))?;
    let mut written = 0;
    for (url, file) in &edition.files {
        write(out, &file_of(url), &file.plain())?;
        written += 1;
    }
    for (url, source) in &edition.pictures {
        let bytes = fs::read(source).doing(&format!("reading {}", source.display()))?;
        write(out, &file_of(url), &bytes)?;
        written += 1;
    }
    let mut redirects: Vec<_> = edition.redirects.iter().collect();
    redirects.sort();
    let lines: Vec<String> =
        redirects.iter().map(|(from, to)| format!("{from} {to} 308\n")).collect();
    write(out, "_redirects", lines.concat().as_bytes())?;
    Ok(written + 1)
}

/// A page's address ends in `/`, its file in `index.html`.
fn file_of(url: &str) -> String {
    let path = url.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an export is made anew, never read back by the shop"
)]
fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let path = out.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, bytes).doing(&format!("writing {}", path.display()))
}
