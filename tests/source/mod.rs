//! The program's own source, read for the tests that keep the house.
//!
//! Comments and the insides of strings are blanked out, so that no rule trips over prose; every
//! offset stays what it is in the file. Items under `#[cfg(test)]` can be left out.
#![allow(dead_code, reason = "each test that reads the source needs its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};

/// A string literal of code that ships.
pub(crate) struct Literal {
    pub(crate) at: usize,
    pub(crate) value: String,
}

/// One Rust file.
pub(crate) struct Source {
    /// From the root of the repository, such as `src/cart/flow.rs`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text without comments and without what stands inside strings.
    pub(crate) code: String,
    /// The code without tests.
    pub(crate) shipped: String,
    /// What stands inside the strings of the shipped code.
    pub(crate) literals: Vec<Literal>,
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder of the repository, sorted, as paths from its root.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    gather(&root().join(folder), folder, &mut found);
    found.sort();
    found
}

fn gather(folder: &Path, name: &str, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() { gather(&path, &name, found) } else { found.push(name) }
    }
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every Rust file of a folder; what is declared as `#[cfg(test)] mod x;` ships nothing.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let is_rust = |path: &String| Path::new(path).extension().is_some_and(|e| e == "rs");
    let rust = files(folder).into_iter().filter(is_rust);
    let mut sources: Vec<_> = rust.map(|path| Source::new(&path, &read(&path))).collect();
    let test_modules: Vec<_> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        if test_modules.contains(&source.module()) {
            source.shipped = blank_all(&source.code);
            source.literals.clear();
        }
    }
    sources
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, mut literals) = scan(text);
        let shipped = without_tests(&code);
        literals.retain(|literal| shipped.as_bytes()[literal.at] == b'"');
        Self { path: path.to_owned(), text: text.to_owned(), code, shipped, literals }
    }

    /// `src/cart/flow.rs` is `["cart", "flow"]`.
    pub(crate) fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let path = path.trim_end_matches("/mod").trim_end_matches("lib");
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    pub(crate) fn room(&self) -> String {
        self.module().first().cloned().unwrap_or_default()
    }

    /// `src/cart/flow.rs:17`.
    pub(crate) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, line_of(&self.text, at))
    }

    /// The paragraphs at the top, without their `//!`.
    pub(crate) fn header(&self) -> Vec<&str> {
        self.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect()
    }

    /// Every path that starts with `crate`, `super` or `std`, groups taken apart, from the root.
    pub(crate) fn uses(&self, code: &str) -> Vec<(usize, Vec<String>)> {
        let mut paths = Vec::new();
        for (at, word) in words(code) {
            let starts = !code[..at].trim_end().ends_with("::");
            if starts && ["crate", "super", "std"].contains(&word) {
                expand(code, at, &[], &mut paths);
            }
        }
        let module = self.module();
        for (_, path) in &mut paths {
            let up = path.iter().take_while(|part| *part == "super").count();
            if path[0] == "crate" {
                path.remove(0);
            } else if up > 0 {
                path.splice(..up, module[..module.len().saturating_sub(up)].iter().cloned());
            }
        }
        paths
    }

    /// Name, start and length in lines of every function with a body.
    pub(crate) fn functions(&self) -> Vec<(&str, usize, usize)> {
        let words = words(&self.code);
        let named = words.windows(2).filter(|pair| pair[0].1 == "fn");
        let named = named.filter(|p| self.code[p[0].0 + 2..p[1].0].trim().is_empty());
        let length = |at, end| line_of(&self.code, end) - line_of(&self.code, at) + 1;
        named.map(|p| (p[1].1, p[0].0, length(p[0].0, end_of_item(&self.code, p[0].0)))).collect()
    }

    fn test_modules(&self) -> Vec<Vec<String>> {
        let after = self.code.match_indices("#[cfg(test)]").map(|(at, mark)| at + mark.len());
        let item = after.map(|at| &self.code[at..end_of_item(&self.code, at)]);
        let names = item.filter_map(|item| item.split_once("mod ").map(|(_, name)| name.trim()));
        let names = names.filter(|name| !name.contains('{'));
        names.map(|name| [self.module(), vec![name.to_owned()]].concat()).collect()
    }
}

pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Every identifier, keyword and number with its offset.
pub(crate) fn words(code: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in code.bytes().chain([b' ']).enumerate() {
        match (is_word(byte), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from, &code[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Reads the path at `at` with every branch of its groups; returns where it ends.
fn expand(
    code: &str,
    mut at: usize,
    before: &[&str],
    out: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let bytes = code.as_bytes();
    let skip = |at: usize| at + bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    let start = at;
    let mut path = before.to_vec();
    loop {
        at = skip(at);
        if bytes.get(at) == Some(&b'{') {
            at = skip(at + 1);
            while at < bytes.len() && bytes[at] != b'}' {
                at = if bytes[at] == b',' { at + 1 } else { expand(code, at, &path, out) };
                at = skip(at);
            }
            return (at + 1).min(bytes.len());
        }
        let length = bytes[at..].iter().take_while(|b| is_word(**b)).count();
        if length > 0 {
            path.push(&code[at..at + length]);
        }
        let next = skip(at + length);
        if length == 0 || !bytes[next..].starts_with(b"::") {
            out.push((start, path.iter().map(|part| (*part).to_owned()).collect()));
            return (at + length.max(1)).min(bytes.len());
        }
        at = next + 2;
    }
}

/// The closing brace or the semicolon of the item that starts at `from`.
pub(crate) fn end_of_item(code: &str, from: usize) -> usize {
    let (mut round, mut curly) = (0_usize, 0_usize);
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => round += 1,
            b')' | b']' => round = round.saturating_sub(1),
            b'{' => curly += 1,
            b'}' if curly <= 1 => return at,
            b'}' => curly -= 1,
            b';' if round == 0 && curly == 0 => return at,
            _ => {}
        }
    }
    code.len()
}

fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
}

fn blank_all(code: &str) -> String {
    let mut bytes = code.as_bytes().to_vec();
    blank(&mut bytes);
    String::from_utf8(bytes).expect("spaces and line ends")
}

fn without_tests(code: &str) -> String {
    if code.contains("#![cfg(test)]") {
        return blank_all(code);
    }
    let mut bytes = code.as_bytes().to_vec();
    for (at, _) in code.match_indices("#[cfg(test)]") {
        let end = (end_of_item(code, at) + 1).min(bytes.len());
        blank(&mut bytes[at..end]);
    }
    String::from_utf8(bytes).expect("whole items were blanked")
}

/// Takes comments and the insides of strings and characters out of `text`.
fn scan(text: &str) -> (String, Vec<Literal>) {
    let mut code = text.as_bytes().to_vec();
    let mut literals = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let fresh = at == 0 || !is_word(bytes[at - 1]) || b"bc".contains(&bytes[at - 1]);
        let end = if rest.starts_with(b"//") {
            at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            end_of_comment(bytes, at)
        } else if let Some((open, end)) = raw_string(bytes, at).filter(|_| fresh) {
            let value = text[open + 1..end - (open - at)].to_owned();
            literals.push(Literal { at: open, value });
            blank(&mut code[open + 1..end - (open - at)]);
            at = end;
            continue;
        } else if rest[0] == b'"' {
            let length = escaped(&rest[1..], b'"');
            let value = unescape(&text[at + 1..at + 1 + length]);
            literals.push(Literal { at, value });
            blank(&mut code[at + 1..at + 1 + length]);
            at += length + 2;
            continue;
        } else if rest[0] == b'\'' {
            at + character(&text[at..])
        } else {
            at += 1;
            continue;
        };
        blank(&mut code[at..end]);
        at = end.max(at + 1);
    }
    (String::from_utf8(code).expect("whole tokens were blanked"), literals)
}

fn end_of_comment(bytes: &[u8], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0_usize);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => depth += 1,
            [b'*', b'/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// Where the opening quote of a raw string stands, and where the whole string ends.
fn raw_string(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let hashes = bytes[at..].strip_prefix(b"r")?.iter().take_while(|b| **b == b'#').count();
    let open = at + 1 + hashes;
    let close = [&b"\""[..], &b"#".repeat(hashes)].concat();
    let inside = bytes[open..].strip_prefix(b"\"")?;
    let length = inside.windows(close.len()).position(|w| w == close)?;
    Some((open, open + 1 + length + close.len()))
}

/// How far it is to the closing quote.
fn escaped(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// The length of a character literal; nothing for a lifetime.
fn character(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    match (inside.next(), inside.next()) {
        (Some('\\'), Some(_)) => escaped(&text.as_bytes()[1..], b'\'') + 2,
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        _ => 0,
    }
}

fn unescape(text: &str) -> String {
    let mut value = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('\n')) => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('n')) => value.push('\n'),
            ('\\', Some(other)) => value.push(other),
            _ => value.push(c),
        }
    }
    value
}
