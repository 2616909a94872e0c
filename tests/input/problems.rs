//! `docs/problems.md` knows every problem the shop can answer with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::house::repository;

/// Files of a folder, tests inside them cut off.
fn sources(folder: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            into.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
}

/// Every `Problem::new(status, "slug", …` of the program: slugs with their statuses.
fn slugs_of_the_program() -> BTreeMap<String, BTreeSet<String>> {
    let mut texts = Vec::new();
    sources(&repository("src"), &mut texts);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in texts.iter().flat_map(|text| text.split("Problem::new(").skip(1)) {
        let mut arguments = call.splitn(3, ',').map(str::trim);
        let (status, slug) = (arguments.next().unwrap(), arguments.next().unwrap_or_default());
        let slug = slug.strip_prefix('"').and_then(|slug| slug.strip_suffix('"'));
        let slug = slug.unwrap_or_else(|| panic!("Problem::new({call:.80}: no slug in letters"));
        let statuses = found.entry(slug.to_owned()).or_default();
        if status.chars().all(|c| c.is_ascii_digit()) {
            statuses.insert(status.to_owned());
        }
    }
    found
}

/// Rows of the table: slug, status, title, meaning.
fn rows() -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository("docs/problems.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let cells =
        |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

// S0.31: every problem has a page of words; none is described that is not there any more.
#[test]
fn every_problem_is_documented_with_its_status() {
    let documented: BTreeMap<String, String> = rows()
        .into_iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone()))
        .collect();
    let program = slugs_of_the_program();
    assert!(program.len() > 25, "{program:?}");
    for (slug, statuses) in &program {
        let known = documented.get(slug);
        let known = known.unwrap_or_else(|| panic!("docs/problems.md lacks `{slug}`"));
        for status in statuses {
            assert!(known.contains(status.as_str()), "`{slug}` is {status}, documented as {known}");
        }
    }
    for slug in documented.keys() {
        assert!(program.contains_key(slug), "docs/problems.md has `{slug}`, nothing says it");
    }
}

#[test]
fn the_list_of_problems_is_in_order_and_complete() {
    let rows = rows();
    let slugs: Vec<&String> = rows.iter().map(|row| &row[0]).collect();
    assert!(slugs.is_sorted(), "sort docs/problems.md by slug");
    for row in &rows {
        assert!(row.len() == 4 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
}
