//! Programs of others that want to hear of orders: `[hooks.NAME]` of `kiosk.toml`, checked. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::values::{bad, list};
use super::{BadSetting, Hidden};

/// What can be told.
pub const HOOK_EVENTS: [&str; 7] = [
    "order.paid",
    "order.shipped",
    "order.delivered",
    "order.cancelled",
    "order.refunded",
    "stock.low",
    "alert",
];

/// What may stand in `[hooks.NAME]`. The first two are secrets and stand elsewhere: in the
/// environment as `KIOSK_HOOK_NAME_…`, or in a private file.
const FIELDS: [&str; 6] = ["secret", "url", "secret_file", "url_file", "events", "format"];
/// Most endpoints.
const ENDPOINTS_MAX: usize = 20;
/// Shortest secret, in characters.
const SECRET_MIN: usize = 16;
/// Longest address.
const URL_MAX: usize = 500;

/// In which words an endpoint is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookFormat {
    /// The whole event as JSON, signed.
    Kiosk,
    /// `{"text": "…"}`, as Slack and its likes take it.
    Slack,
}

/// Where one program is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookEndpoint {
    /// What people call it.
    pub name: String,
    /// Its address; a chat's is as good as a password.
    pub url: Hidden,
    /// What it hears of, each one of [`HOOK_EVENTS`].
    pub events: BTreeSet<&'static str>,
    /// Signs what it is told.
    pub secret: Option<Hidden>,
    /// In which words.
    pub format: HookFormat,
}

/// `hook_books_secret` of the environment is `hooks.books.secret`.
pub(super) fn key_of_environment(key: &str) -> Option<String> {
    let rest = key.strip_prefix("hook_")?;
    let (name, field) = rest.rsplit_once('_')?;
    matches!(field, "secret" | "url").then(|| format!("hooks.{name}.{field}"))
}

/// Whether a key of a `[hooks.NAME]` table is known and may stand in `kiosk.toml`.
pub(super) fn check_key(key: &str) -> Result<(), BadSetting> {
    let (name, field) = key.trim_start_matches("hooks.").split_once('.').unwrap_or((key, ""));
    if field == "secret" {
        let shown = name.to_uppercase();
        return Err(BadSetting(format!(
            "kiosk.toml: `{key}` is a secret; set KIOSK_HOOK_{shown}_SECRET in the environment, or \
             name a private file with `secret_file`"
        )));
    }
    if !FIELDS.contains(&field) {
        return Err(BadSetting(format!(
            "kiosk.toml: unknown setting `{key}`; a hook has url, events, format, secret_file and \
             url_file"
        )));
    }
    Ok(())
}

/// Keys whose value is a private file, and what it holds.
pub(super) fn filed(values: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let of_hook = values.keys().filter(|key| key.starts_with("hooks.") && key.ends_with("_file"));
    of_hook.map(|key| (key.trim_end_matches("_file").to_owned(), key.clone())).collect()
}

/// All endpoints. Plain `http` only leads to this machine, and only in development.
pub(super) fn read(
    values: &BTreeMap<String, String>,
    dev: bool,
) -> Result<Vec<HookEndpoint>, BadSetting> {
    let fields = values.keys().filter_map(|key| key.strip_prefix("hooks.")?.split_once('.'));
    let names: BTreeSet<&str> = fields.map(|(name, _)| name).collect();
    if names.len() > ENDPOINTS_MAX {
        return Err(BadSetting(format!("there are more than {ENDPOINTS_MAX} hooks")));
    }
    names.into_iter().map(|name| endpoint(values, name, dev)).collect()
}

fn endpoint(
    values: &BTreeMap<String, String>,
    name: &str,
    dev: bool,
) -> Result<HookEndpoint, BadSetting> {
    let key = |field: &str| format!("hooks.{name}.{field}");
    let some = |field: &str| {
        let value = values.get(&key(field)).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.len() > 32
        || !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(plain)
    {
        let what = format!("`hooks.{name}`: a hook is named with small letters, digits and _");
        return Err(BadSetting(what));
    }
    let format = match some("format").as_deref() {
        None | Some("kiosk") => HookFormat::Kiosk,
        Some("slack") => HookFormat::Slack,
        Some(other) => return Err(bad(&key("format"), other, "\"kiosk\" or \"slack\"")),
    };
    let Some(url) = some("url") else {
        let upper = name.to_uppercase();
        return Err(BadSetting(format!(
            "`hooks.{name}` has no address; write url, url_file or KIOSK_HOOK_{upper}_URL"
        )));
    };
    if !may_lead_to(&url, dev) {
        return Err(BadSetting(format!(
            "`{}` must be an https address without user name (in development, http to this \
             machine as well)",
            key("url")
        )));
    }
    let secret = some("secret");
    match &secret {
        Some(secret) if secret.len() < SECRET_MIN => {
            let what =
                format!("the secret of `hooks.{name}` has fewer than {SECRET_MIN} characters");
            return Err(BadSetting(what));
        }
        None if format == HookFormat::Kiosk => {
            let upper = name.to_uppercase();
            return Err(BadSetting(format!(
                "`hooks.{name}` has no secret to sign with; set KIOSK_HOOK_{upper}_SECRET or \
                 secret_file"
            )));
        }
        _ => {}
    }
    let events = events(&key("events"), &some("events").unwrap_or_default())?;
    let (url, secret) = (Hidden(url), secret.map(Hidden));
    Ok(HookEndpoint { name: name.to_owned(), url, events, secret, format })
}

fn events(key: &str, text: &str) -> Result<BTreeSet<&'static str>, BadSetting> {
    let mut events = BTreeSet::new();
    for named in list(text) {
        if named == "*" {
            events.extend(HOOK_EVENTS);
            continue;
        }
        match HOOK_EVENTS.iter().find(|known| **known == named) {
            Some(known) => drop(events.insert(*known)),
            None => return Err(bad(key, &named, &format!("some of {}", HOOK_EVENTS.join(", ")))),
        }
    }
    if events.is_empty() {
        return Err(BadSetting(format!(
            "`{key}` is empty; name some of {}",
            HOOK_EVENTS.join(", ")
        )));
    }
    Ok(events)
}

/// Whether news may be sent there.
fn may_lead_to(url: &str, dev: bool) -> bool {
    let (is_tls, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return false,
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let odd = |c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}#@".contains(c);
    if url.len() > URL_MAX || authority.is_empty() || url.contains(odd) {
        return false;
    }
    is_tls || dev && is_here(authority)
}

/// Whether `127.0.0.1:80`, `[::1]` or `localhost:80` is this machine.
fn is_here(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_v4 = |rest: &str| {
        rest.split('.').count() == 3 && rest.split('.').all(|part| part.parse::<u8>().is_ok())
    };
    matches!(host, "localhost" | "::1") || host.strip_prefix("127.").is_some_and(is_v4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_0123456789";

    fn one(fields: &[(&str, &str)], dev: bool) -> Result<HookEndpoint, String> {
        let values = fields.iter().map(|(k, v)| (format!("hooks.books.{k}"), (*v).to_owned()));
        let all = read(&values.collect(), dev).map_err(|bad| bad.0)?;
        Ok(all.into_iter().next().unwrap())
    }

    #[test]
    fn an_endpoint_is_read() {
        let url = ("url", "https://books.example/in?x=1");
        let told = one(&[url, ("secret", SECRET), ("events", "order.paid, alert")], false).unwrap();
        assert_eq!(told.events, BTreeSet::from(["alert", "order.paid"]));
        assert_eq!((told.name.as_str(), told.format), ("books", HookFormat::Kiosk));
        let chat = one(&[url, ("format", "slack"), ("events", "*")], false).unwrap();
        assert_eq!((chat.events.len(), chat.secret), (7, None));
        assert!(!format!("{told:?}").contains("whsec"), "never shown");
        assert_eq!(key_of_environment("hook_my_books_secret").unwrap(), "hooks.my_books.secret");
        assert_eq!(key_of_environment("hook_books_events"), None);
    }

    // S1.9: what goes out is signed and encrypted, or the shop says why not.
    #[test]
    fn mistakes_are_named() {
        let url = ("url", "https://books.example/in");
        let (secret, paid) = (("secret", SECRET), ("events", "order.paid"));
        assert!(one(&[secret, paid], false).unwrap_err().contains("KIOSK_HOOK_BOOKS_URL"));
        assert!(one(&[url, paid], false).unwrap_err().contains("KIOSK_HOOK_BOOKS_SECRET"));
        assert!(one(&[url, secret], false).unwrap_err().contains("order.shipped"));
        let misspelt = [url, secret, ("events", "order.payed")];
        assert!(one(&misspelt, false).unwrap_err().contains("order.payed"));
        let short = [url, ("secret", "short"), paid];
        assert!(one(&short, false).unwrap_err().contains("fewer than 16"));
        for wrong in [
            "http://books.example/",
            "https://u:p@books.example/",
            "ftp://x",
            "https://",
            "http://127.0.0.1:80/",
            "https://a.example/\r\nHost: b",
        ] {
            assert!(one(&[("url", wrong), secret, paid], false).is_err(), "{wrong}");
        }
        for here in ["http://127.0.0.1:80/", "http://[::1]:80/in", "http://localhost/"] {
            assert!(one(&[("url", here), secret, paid], true).is_ok(), "{here}");
        }
        for there in ["http://127.0.0.1.evil.example/", "http://10.0.0.1/"] {
            assert!(one(&[("url", there), secret, paid], true).is_err(), "{there}");
        }
        assert!(check_key("hooks.books.secret").unwrap_err().0.contains("KIOSK_HOOK_BOOKS_SECRET"));
        assert!(check_key("hooks.books.evnts").unwrap_err().0.contains("evnts"));
    }
}
