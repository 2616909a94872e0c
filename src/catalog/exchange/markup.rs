//! HTML of another shop's descriptions as Markdown. What Markdown has no mark for is left out;
//! its words stay.

use std::fmt::Write as _;

/// Most bytes of HTML that are looked at.
const BYTES_MAX: usize = 400_000;

/// The words of HTML as Markdown.
pub(super) fn markdown(html: &str) -> String {
    let mut end = html.len().min(BYTES_MAX);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    let html = html.get(..end).unwrap_or_default();
    if !html.contains('<') {
        return tidy(&decoded(html));
    }
    let mut out = Out::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.words(&decoded(rest.get(..at).unwrap_or_default()));
        rest = rest.get(at..).unwrap_or_default();
        if let Some(inside) = rest.strip_prefix("<!--") {
            rest = inside.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some((tag, after)) = rest.get(1..).and_then(|rest| rest.split_once('>')) else { break };
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/', '\n', '\t']).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        if matches!(name.as_str(), "script" | "style") && !tag.starts_with('/') {
            let close = format!("</{name}");
            let at = rest.to_ascii_lowercase().find(&close);
            rest = at.and_then(|at| rest.get(at..)).unwrap_or_default();
            continue;
        }
        out.tag(&name, tag.starts_with('/'), tag);
    }
    if !rest.starts_with('<') {
        out.words(&decoded(rest));
    }
    tidy(&out.text)
}

#[derive(Default)]
struct Out {
    text: String,
    /// Open lists: a number counts, nothing is a bullet.
    lists: Vec<Option<u32>>,
    links: Vec<Option<String>>,
}

impl Out {
    fn words(&mut self, words: &str) {
        let starts = self.text.is_empty() || self.text.ends_with(['\n', ' ']);
        let mut is_space = starts;
        for c in words.chars() {
            if c.is_whitespace() {
                if !is_space {
                    self.text.push(' ');
                }
                is_space = true;
                continue;
            }
            is_space = false;
            if matches!(c, '*' | '_' | '`' | '[' | ']' | '<' | '\\') {
                self.text.push('\\');
            }
            self.text.push(c);
        }
    }

    fn block(&mut self) {
        let trimmed = self.text.trim_end().len();
        self.text.truncate(trimmed);
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
    }

    fn line(&mut self) {
        let trimmed = self.text.trim_end_matches(' ').len();
        self.text.truncate(trimmed);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn tag(&mut self, name: &str, is_end: bool, tag: &str) {
        match (name, is_end) {
            ("b" | "strong", _) => self.mark("**", is_end),
            ("i" | "em", _) => self.mark("*", is_end),
            ("br", _) => self.text.push_str("\\\n"),
            ("ul", false) => {
                self.open_list(None);
            }
            ("ol", false) => {
                self.open_list(Some(0));
            }
            ("ul" | "ol", true) => {
                self.lists.pop();
                self.block();
            }
            ("li", false) => self.item(),
            ("h1" | "h2", false) => {
                self.block();
                self.text.push_str("## ");
            }
            ("h3" | "h4" | "h5" | "h6", false) => {
                self.block();
                self.text.push_str("### ");
            }
            ("a", false) => {
                let link = link(tag);
                if link.is_some() {
                    self.text.push('[');
                }
                self.links.push(link);
            }
            ("a", true) => {
                if let Some(Some(link)) = self.links.pop() {
                    let _ = write!(self.text, "]({link})");
                }
            }
            ("tr", true) => self.line(),
            ("td" | "th", true) => self.text.push(' '),
            ("p" | "div" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "section", _)
                if self.lists.is_empty() =>
            {
                self.block();
            }
            _ => {}
        }
    }

    fn open_list(&mut self, kind: Option<u32>) {
        if self.lists.is_empty() {
            self.block();
        }
        self.lists.push(kind);
    }

    fn item(&mut self) {
        self.line();
        let depth = self.lists.len().saturating_sub(1);
        self.text.push_str(&"  ".repeat(depth));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                let _ = write!(self.text, "{number}. ");
            }
            _ => self.text.push_str("- "),
        }
    }

    /// Marks stand close to their words.
    fn mark(&mut self, mark: &str, is_end: bool) {
        if is_end {
            let trimmed = self.text.trim_end_matches(' ').len();
            let had_space = trimmed < self.text.len();
            self.text.truncate(trimmed);
            if let Some(bare) = self.text.strip_suffix(mark) {
                self.text = bare.to_owned();
            } else {
                self.text.push_str(mark);
            }
            if had_space {
                self.text.push(' ');
            }
        } else {
            self.text.push_str(mark);
        }
    }
}

/// Where a link leads, when pages of a shop may lead there.
fn link(tag: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find("href=")? + 5;
    let rest = tag.get(at..)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let link = decoded(rest.get(1..)?.split(quote).next()?);
    let is_plain = link.chars().all(|c| c.is_ascii_graphic() && !"()<>\\".contains(c));
    // Links inside the old shop lead nowhere here.
    (is_plain && link.starts_with("https://")).then_some(link)
}

/// Character references as characters.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let known = end.and_then(|end| Some((character(rest.get(1..end)?)?, end)));
        match known {
            Some((c, end)) => {
                out.push(c);
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
        return char::from_u32(code).filter(|c| !c.is_control());
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "deg" => '°',
        "times" => '×',
        "euro" => '€',
        "pound" => '£',
        "frac12" => '½',
        "eacute" => 'é',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "szlig" => 'ß',
        _ => return None,
    })
}

/// At most one empty line, none at either end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.replace("\r\n", "\n").trim().lines() {
        let line = line.trim_end();
        let line = line.strip_suffix('\\').filter(|rest| rest.trim().is_empty()).unwrap_or(line);
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_end().trim_end_matches('\\').trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn words_stay_and_marks_become_marks() {
        for (html, expected) in [
            ("Plain &amp; simple", "Plain & simple"),
            ("<p>One <b>two </b>three</p><p>Four</p>", "One **two** three\n\nFour"),
            ("<ul><li>a</li><li>b <em>c</em></li></ul>", "- a\n- b *c*"),
            ("<ol><li>a<li>b</ol>after", "1. a\n2. b\n\nafter"),
            ("<h2>Care</h2>Wash", "## Care\n\nWash"),
            ("a<br>b<br/>", "a\\\nb"),
            (
                "<a href=\"https://x.example/\">x</a> <a href='/old'>y</a>",
                "[x](https://x.example/) y",
            ),
            ("2 * 3 <i></i>", "2 \\* 3"),
            ("<!-- no -->é&#8217;s &unknown; &", "é’s &unknown; &"),
        ] {
            assert_eq!(markdown(html), expected, "{html}");
        }
    }

    // Stored script in another shop's description.
    #[test]
    fn nothing_runs() {
        let html = "<script>alert(1)</script><img src=x onerror=alert(1)>\
                    <a href=\"javascript:x\">go</a>&lt;script&gt;";
        assert_eq!(markdown(html), "go\\<script>");
        assert_eq!(markdown("<"), "");
        assert_eq!(markdown("<p"), "");
        assert_eq!(markdown("<script>never closed"), "");
    }
}
