//! What each rule of the house looks for: every function gives the places where one file breaks
//! it, as `file:line: what`.

use std::collections::BTreeMap;

use crate::source::{Source, read, words};

pub(crate) fn rooms() -> Vec<String> {
    let text = read("src/lib.rs");
    let names = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.split(';').next());
    names.map(str::to_owned).collect()
}

/// `config → content → …` from the first paragraph of `src/platform/mod.rs`.
pub(crate) fn platform_order() -> Vec<String> {
    let header =
        Source::new("src/platform/mod.rs", &read("src/platform/mod.rs")).header().join(" ");
    let chain = header.split('`').find(|quoted| quoted.contains('→')).unwrap_or_default();
    chain.split('→').map(|name| name.trim().to_owned()).collect()
}

/// Which room owns each table.
pub(crate) fn owners(schema: &str) -> BTreeMap<String, String> {
    let mut owners = BTreeMap::new();
    let mut room = "";
    for line in schema.lines() {
        if let Some(heading) = line.strip_prefix("-- ── room: ") {
            room = heading.split_whitespace().next().unwrap_or_default();
        }
        let table = line.strip_prefix("CREATE TABLE ");
        if let Some(rest) = table.or_else(|| line.strip_prefix("CREATE VIRTUAL TABLE ")) {
            let name = rest.split_whitespace().next().unwrap_or_default();
            owners.insert(name.to_owned(), room.to_owned());
        }
    }
    owners
}

pub(crate) fn against_the_order(source: &Source, rooms: &[String]) -> Vec<String> {
    let rank = |name: &str| rooms.iter().position(|room| room == name);
    let Some(own) = rank(&source.room()) else { return Vec::new() };
    let mut broken = Vec::new();
    for (at, path) in source.uses(&source.code) {
        let Some(used) = path.first() else { continue };
        if rank(used).is_some_and(|used| used > own) {
            broken.push(format!("{}: `{}` uses `{used}`", source.place(at), source.room()));
        }
    }
    broken.dedup();
    broken
}

/// Names with a capital (`Kit`) belong to `platform` itself; `secret` is a value like `config`.
pub(crate) fn against_the_platform(source: &Source, order: &[String]) -> Vec<String> {
    let rank = |name: &str| order.iter().position(|part| part == name);
    let module = source.module();
    let [room, part, ..] = module.as_slice() else { return Vec::new() };
    if room != "platform" {
        return Vec::new();
    }
    let mut broken = Vec::new();
    if rank(part).is_none() && part != "secret" {
        broken.push(format!("{}:1: `{part}` is missing in the order", source.path));
    }
    for (at, path) in source.uses(&source.code) {
        let [room, used, ..] = path.as_slice() else { continue };
        if room == "platform" && rank(used) > rank(part).or(Some(0)) {
            broken.push(format!("{}: `{part}` uses `{used}`", source.place(at)));
        }
    }
    broken
}

pub(crate) fn impure(source: &Source) -> Vec<String> {
    const WORDS: [&str; 6] = ["rusqlite", "poem", "tokio", "async", "Clock", "SystemTime"];
    let named = words(&source.shipped).into_iter().filter(|(_, word)| WORDS.contains(word));
    let named = named.map(|(at, word)| (at, word.to_owned()));
    let paths = source.uses(&source.shipped).into_iter().filter(|(_, path)| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        matches!(path[..], ["std", "fs" | "env" | "net" | "process" | "thread", ..])
            || matches!(path[..], ["platform", "db" | "jobs" | "web" | "mail" | "Kit", ..])
    });
    let paths = paths.map(|(at, path)| (at, path.join("::")));
    named.chain(paths).map(|(at, what)| format!("{}: names `{what}`", source.place(at))).collect()
}

/// Tables that a statement names, and whether it writes them.
pub(crate) fn tables<'a>(sql: &'a str, owners: &BTreeMap<String, String>) -> Vec<(bool, &'a str)> {
    let words: Vec<&str> = words(sql).into_iter().map(|(_, word)| word).collect();
    let mut found = Vec::new();
    for at in 1..words.len() {
        let deletes = at > 1 && words[at - 2] == "DELETE";
        match words[at - 1] {
            "INTO" | "UPDATE" => found.push((true, words[at])),
            "FROM" | "JOIN" => found.push((deletes, words[at])),
            _ => {}
        }
    }
    found.retain(|(_, table)| owners.contains_key(*table));
    found
}

/// Statements on tables of another room: whether they write, and where.
pub(crate) fn foreign(source: &Source, owners: &BTreeMap<String, String>) -> Vec<(bool, String)> {
    let mut broken = Vec::new();
    for literal in &source.literals {
        for (writes, table) in tables(&literal.value, owners) {
            if owners[table] != source.room() {
                let place = source.place(literal.at);
                broken.push((writes, format!("{place}: `{table}` is of `{}`", owners[table])));
            }
        }
    }
    broken
}

/// SQL outside the files that may hold it.
pub(crate) fn stray_sql(source: &Source) -> Vec<String> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    let holds = name == "store.rs" || name.starts_with("store_") || name == "audit.rs";
    if holds || source.path.starts_with("src/platform/db/") {
        return Vec::new();
    }
    let calls = ["prepare", "prepare_cached", "query_row", "execute_batch", "pragma_update"];
    let called = words(&source.shipped).into_iter().filter(|(at, word)| {
        let (before, after) = (&source.shipped[..*at], &source.shipped[at + word.len()..]);
        let text = *word == "execute" && after.starts_with("(\"");
        before.ends_with('.') && (text || calls.contains(word) && after.starts_with('('))
    });
    let called = called.map(|(at, word)| format!("{}: calls `{word}`", source.place(at)));
    let written = source.literals.iter().filter(|literal| is_sql(&literal.value));
    let written = written.map(|literal| format!("{}: a statement", source.place(literal.at)));
    called.chain(written).collect()
}

fn is_sql(text: &str) -> bool {
    let has = |word: &str| text.split_whitespace().any(|w| w == word);
    match text.split_whitespace().next() {
        Some("SELECT" | "WITH") => true,
        Some("INSERT") => has("INTO"),
        Some("UPDATE") => has("SET"),
        Some("DELETE") => has("FROM"),
        _ => false,
    }
}

pub(crate) fn bad_names(source: &Source) -> Vec<String> {
    const FILES: [&str; 10] = [
        "utils", "util", "helpers", "helper", "common", "manager", "service", "services", "misc",
        "types",
    ];
    const ENDINGS: [&str; 8] =
        ["Manager", "Service", "Helper", "Helpers", "Util", "Utils", "Info", "Data"];
    let module = source.module();
    let files = module.iter().filter(|part| FILES.contains(&part.as_str()));
    let files = files.map(|part| format!("{}:1: the name `{part}`", source.path));
    let defined = words(&source.code);
    let defined = defined.windows(2).filter(|pair| match (pair[0].1, pair[1].1) {
        ("mod", name) => FILES.contains(&name),
        // `type Data = …` alone is somebody else's trait speaking.
        ("type", name) => ENDINGS.iter().any(|end| name.ends_with(end) && name != *end),
        ("struct" | "enum" | "trait", name) => ENDINGS.iter().any(|end| name.ends_with(end)),
        _ => false,
    });
    let types = defined.map(|pair| format!("{}: `{}`", source.place(pair[0].0), pair[1].1));
    files.chain(types).collect()
}

pub(crate) fn long_functions(source: &Source, lines_max: usize) -> Vec<String> {
    let long = source.functions().into_iter().filter(|(_, _, lines)| *lines > lines_max);
    long.map(|(name, at, lines)| format!("{}: `{name}` has {lines}", source.place(at))).collect()
}

pub(crate) fn panics(source: &Source) -> Vec<String> {
    let words = words(&source.shipped).into_iter().filter(|(at, word)| {
        let (before, after) = (&source.shipped[..*at], &source.shipped[at + word.len()..]);
        ["unwrap", "expect"].contains(word) && before.ends_with('.') && after.starts_with('(')
    });
    words.map(|(at, word)| format!("{}: `{word}`", source.place(at))).collect()
}

pub(crate) fn long_lines(source: &Source, columns_max: usize) -> Vec<String> {
    let lines = source.text.lines().map(|line| line.chars().count()).enumerate();
    let long = lines.filter(|(_, columns)| *columns > columns_max);
    long.map(|(line, columns)| format!("{}:{}: {columns} columns", source.path, line + 1)).collect()
}

pub(crate) fn floats(source: &Source) -> Vec<String> {
    let words = words(&source.code).into_iter();
    let float = |word: &str| {
        let number = word.starts_with(|c: char| c.is_ascii_digit());
        word == "f32" || word == "f64" || number && (word.ends_with("f64") || word.ends_with("f32"))
    };
    let found = words.filter(|(_, word)| float(word));
    found.map(|(at, word)| format!("{}: `{word}`", source.place(at))).collect()
}

/// Tables that `**Tables:**` in a module's first paragraphs names.
pub(crate) fn announced(source: &Source) -> Vec<String> {
    let header = source.header().join("\n");
    let Some((_, list)) = header.split_once("**Tables:**") else { return Vec::new() };
    let list = list.split("\n\n").next().unwrap_or_default();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Everything in source and templates that may be the name of a template, with its place.
pub(crate) fn templates_named(sources: &[Source], site: &[String]) -> Vec<(String, String)> {
    let literals = sources.iter().flat_map(|s| s.literals.iter().map(move |l| (s, l)));
    let in_code = literals.map(|(s, literal)| (literal.value.clone(), s.place(literal.at)));
    let looks =
        site.iter().filter(|path| [".html", ".txt", ".xml"].iter().any(|e| path.ends_with(e)));
    let in_templates = looks.flat_map(|path| {
        let text = read(&format!("site/{path}"));
        let tags: Vec<_> =
            text.split("{%").skip(1).filter_map(|tag| tag.split_once("%}")).collect();
        let names = tags.into_iter().flat_map(|(tag, _)| {
            tag.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
        });
        names.map(|name| (name, format!("site/{path}:1"))).collect::<Vec<_>>()
    });
    in_code.chain(in_templates).collect()
}

/// A page is named in full, or with one gap that the code fills; the parts of a letter by the
/// letter's folder and their own names.
pub(crate) fn is_named(path: &str, named: &[(String, String)]) -> bool {
    let fits = |known: &str| match (known.split_once('{'), known.split_once('}')) {
        (Some((before, _)), Some((_, after))) if before.contains('/') => {
            path.starts_with(before) && path.ends_with(after)
        }
        _ => known == path,
    };
    let has = |name: &str| named.iter().any(|(known, _)| known == name);
    match path.split('/').collect::<Vec<_>>()[..] {
        ["mail", letter, part] => has(letter) && has(part),
        _ => named.iter().any(|(known, _)| fits(known)),
    }
}
