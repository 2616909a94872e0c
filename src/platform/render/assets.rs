//! Styles, scripts and icons under names that carry a hash of their content, so that a browser
//! may keep them for ever.

use std::collections::BTreeMap;

use super::Theme;
use crate::base::Fault;
use crate::base::ids::sha256_hex;

/// One file to serve.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its bytes.
    pub body: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
}

/// All assets, by the address they are served under.
#[derive(Debug, Default)]
pub struct Assets {
    by_url: BTreeMap<String, Asset>,
    urls: BTreeMap<String, String>,
}

impl Assets {
    /// Reads every file of `site/assets`, the shop's own first.
    pub(super) fn read(theme: &Theme) -> Result<Self, Fault> {
        let mut assets = Self::default();
        for file in theme.names() {
            let Some(name) = file.strip_prefix("assets/") else { continue };
            let Some(mut body) = theme.bytes(&file) else {
                return Err(Fault::new(format!("site/{file} cannot be read")));
            };
            if file.ends_with(".js") && !theme.is_own(&file) {
                body = without_comments(&body);
            }
            assets.add(name.to_owned(), body);
        }
        Ok(assets)
    }

    fn add(&mut self, name: String, body: Vec<u8>) {
        let hash = &sha256_hex(&body)[..10];
        let url = match name.rsplit_once('.') {
            Some((stem, ending)) => format!("/assets/{stem}.{hash}.{ending}"),
            None => format!("/assets/{name}.{hash}"),
        };
        let content_type = content_type(&name);
        self.by_url.insert(url.clone(), Asset { body, content_type });
        self.urls.insert(name, url);
    }

    /// The address of an asset by its name, such as `css/shop.css`.
    #[must_use]
    pub fn url(&self, name: &str) -> Option<String> {
        self.urls.get(name).cloned()
    }

    /// Address and content of every asset.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Asset)> {
        self.by_url.iter()
    }
}

/// A built-in script without its lines of comment, which are for those who read the source: a fifth
/// of what travels. Lines keep their numbers, so that an error leads to its place.
fn without_comments(script: &[u8]) -> Vec<u8> {
    let is_comment = |line: &[u8]| line.trim_ascii_start().starts_with(b"//");
    let lines = script.split(|byte| *byte == b'\n');
    let kept: Vec<&[u8]> = lines.map(|line| if is_comment(line) { b"" } else { line }).collect();
    kept.join(&b'\n')
}

/// Media type by file ending.
#[must_use]
pub fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("gif") => "image/gif",
        Some("avif") => "image/avif",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("html") => "text/html; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("xml") => "application/xml; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_built_in_scripts_stay_at_home() {
        let script = b"// For readers.\nconst a = \"https://x\"; // kept\n  // More.\nrun(a);\n";
        let sent = "\nconst a = \"https://x\"; // kept\n\nrun(a);\n";
        assert_eq!(String::from_utf8(without_comments(script)).unwrap(), sent);
    }
}
