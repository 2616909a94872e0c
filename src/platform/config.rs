//! How the shop runs: defaults, then `kiosk.toml`, then `KIOSK_*`, then flags. What the shop *is*
//! stands in `content/shop.toml`. Nothing else reads the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::base::Fault;
use crate::base::fault::Doing;

/// Whether money is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No real money: the simulator, or a provider's test keys.
    Test,
    /// Real money.
    Live,
}

/// Every setting, resolved.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches of an operator, each for itself")]
pub struct Settings {
    /// Catalog files.
    pub content_dir: PathBuf,
    /// Database, secret, letters.
    pub data_dir: PathBuf,
    /// The shop's own templates and styles; used file by file before the built-in ones.
    pub site_dir: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address buyers see, without a slash at the end.
    pub public_url: String,
    /// Whether money is real.
    pub mode: Mode,
    /// Payment provider: `simulator`.
    pub provider: String,
    /// Base address of the provider, where its pages are; the shop's own for the simulator.
    pub provider_url: Option<String>,
    /// Secrets that sign incoming webhooks; several while one is being replaced.
    pub webhook_secrets: Vec<Hidden>,
    /// Outgoing mail, `smtp://user:password@host:port` or `smtps://…`; files when absent.
    pub smtp_url: Option<Hidden>,
    /// How long stock is held for a checkout, in seconds; wins over the shop's file.
    pub hold_s: Option<i64>,
    /// Whether rate limits are on.
    pub limits: bool,
    /// Proxies whose forwarded address is believed.
    pub trusted_proxies: Vec<String>,
    /// Who may read `/metrics` from elsewhere; this machine only when absent.
    pub metrics_token: Option<Hidden>,
    /// Development: `/dev/mail`, faster watching.
    pub dev: bool,
    /// Whether pictures are made as AVIF as well.
    pub avif: bool,
    /// Log lines as JSON.
    pub log_json: bool,
}

/// A text that never shows in logs or `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// Every key, its default and what it is for: the one list behind the file, the environment,
/// the documentation and the unknown-key message.
pub const KEYS: &[(&str, &str, &str)] = &[
    ("content_dir", "content", "folder of the catalog files"),
    ("data_dir", "data", "folder of the database; keep it private and backed up"),
    ("site_dir", "site", "your own templates and styles, used file by file before the built-in"),
    ("listen", "127.0.0.1:8080", "address and port to listen on"),
    ("public_url", "", "address buyers see; http://<listen> when empty"),
    ("mode", "test", "\"test\" takes no real money, \"live\" does"),
    ("provider", "simulator", "payment provider: \"simulator\""),
    ("provider_url", "", "base address of the provider; the shop's for the simulator when empty"),
    ("webhook_secrets", "", "secrets that sign webhooks, separated by commas; environment only"),
    ("smtp_url", "", "smtp://user:password@host:587; files when empty; environment only"),
    ("hold", "", "how long a checkout holds stock, such as 15m; the shop's own when empty"),
    ("limits", "on", "rate limits: \"on\" or \"off\""),
    ("trusted_proxies", "", "addresses of proxies whose X-Forwarded-For is believed, by commas"),
    ("metrics_token", "", "what readers of /metrics must say; environment only"),
    ("avif", "on", "pictures as AVIF as well: lighter, but slow to make"),
    ("dev", "off", "development: shows /dev/mail"),
    ("log_json", "off", "log lines as JSON"),
];

/// Secrets belong into the environment, never into a file that gets copied around.
const ENVIRONMENT_ONLY: &[&str] = &["webhook_secrets", "smtp_url", "metrics_token"];

/// What was typed: flags that win over everything.
pub type Overrides = BTreeMap<String, String>;

/// A configuration that cannot be used, in one sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSetting(pub String);

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSetting {}

impl Settings {
    /// Reads `kiosk.toml` in the working folder (when there) and the environment.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn load(overrides: &Overrides) -> Result<Self, BadSetting> {
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .filter_map(|(k, v)| Some((k.strip_prefix("KIOSK_")?.to_lowercase(), v)))
            .collect();
        let file = match std::fs::read_to_string("kiosk.toml") {
            Ok(text) => Some(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(BadSetting(format!("kiosk.toml cannot be read: {e}"))),
        };
        Self::resolve(file.as_deref(), environment, overrides)
    }

    /// Layers the sources; pure, so that tests can try them all.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn resolve(
        file: Option<&str>,
        environment: Vec<(String, String)>,
        overrides: &Overrides,
    ) -> Result<Self, BadSetting> {
        let mut values: BTreeMap<String, String> =
            KEYS.iter().map(|(k, v, _)| ((*k).to_owned(), (*v).to_owned())).collect();
        for (key, value) in read_file(file.unwrap_or_default())? {
            known(&key, "kiosk.toml")?;
            if ENVIRONMENT_ONLY.contains(&key.as_str()) {
                return Err(BadSetting(format!(
                    "kiosk.toml: `{key}` is a secret; set KIOSK_{} in the environment instead",
                    key.to_uppercase()
                )));
            }
            values.insert(key, value);
        }
        for (key, value) in environment {
            known(&key, "the environment")?;
            values.insert(key, value);
        }
        values.extend(overrides.clone());
        Self::from_values(&values)
    }

    fn from_values(values: &BTreeMap<String, String>) -> Result<Self, BadSetting> {
        let text = |key: &str| values.get(key).map(|v| v.trim().to_owned()).unwrap_or_default();
        let some = |key: &str| Some(text(key)).filter(|v| !v.is_empty());
        let listen: SocketAddr = parse("listen", &text("listen"), "an address such as 0.0.0.0:80")?;
        let public_url = some("public_url").unwrap_or_else(|| url_of(listen));
        let mode = match text("mode").as_str() {
            "test" => Mode::Test,
            "live" => Mode::Live,
            other => return Err(bad("mode", other, "\"test\" or \"live\"")),
        };
        let provider = text("provider");
        if provider != "simulator" {
            return Err(bad("provider", &provider, "\"simulator\""));
        }
        if mode == Mode::Live {
            return Err(BadSetting(
                "mode is \"live\" but the provider is the simulator, which takes no real money; \
                 set mode = \"test\" or choose a real provider"
                    .to_owned(),
            ));
        }
        let dev = switch("dev", &text("dev"))?;
        let avif = switch("avif", &text("avif"))?;
        if dev && !listen.ip().is_loopback() {
            return Err(BadSetting(format!(
                "`dev` shows every letter, so it needs a loopback address, not {listen}"
            )));
        }
        let (content_dir, data_dir) =
            (PathBuf::from(text("content_dir")), PathBuf::from(text("data_dir")));
        if data_dir.starts_with(&content_dir) {
            return Err(bad("data_dir", &text("data_dir"), "outside the content folder"));
        }
        let hold_s = some("hold").map(|v| duration_s("hold", &v)).transpose()?;
        let trusted_proxies = list(&text("trusted_proxies"));
        for proxy in &trusted_proxies {
            let address = proxy.split('/').next().unwrap_or_default();
            let _: IpAddr = parse("trusted_proxies", address, "IP addresses, such as 10.0.0.1")?;
        }
        Ok(Self {
            content_dir,
            data_dir,
            site_dir: text("site_dir").into(),
            listen,
            public_url: checked_url("public_url", &public_url)?,
            mode,
            provider,
            provider_url: some("provider_url")
                .map(|url| checked_url("provider_url", &url))
                .transpose()?,
            webhook_secrets: list(&text("webhook_secrets")).into_iter().map(Hidden).collect(),
            smtp_url: some("smtp_url").map(|url| Hidden(encrypted(url))),
            hold_s,
            limits: switch("limits", &text("limits"))?,
            trusted_proxies,
            metrics_token: some("metrics_token").map(Hidden),
            dev,
            avif,
            log_json: switch("log_json", &text("log_json"))?,
        })
    }

    /// Whether buyers reach the shop over TLS.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Where a browser on this machine reaches an address; "everywhere" is reached from inside.
#[must_use]
pub fn url_of(mut listen: SocketAddr) -> String {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{listen}")
}

/// The file as flat `key = value` pairs.
fn read_file(text: &str) -> Result<Vec<(String, String)>, BadSetting> {
    let table: toml::Table = text
        .parse()
        .map_err(|e: toml::de::Error| BadSetting(format!("kiosk.toml: {}", e.message())))?;
    let mut pairs = Vec::new();
    for (key, value) in table {
        let value = match value {
            toml::Value::String(s) => s,
            toml::Value::Integer(n) => n.to_string(),
            toml::Value::Boolean(b) => if b { "on" } else { "off" }.to_owned(),
            toml::Value::Array(items) => {
                let texts: Vec<&str> = items.iter().filter_map(toml::Value::as_str).collect();
                texts.join(",")
            }
            _ => return Err(BadSetting(format!("kiosk.toml: `{key}` must be a text"))),
        };
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn known(key: &str, place: &str) -> Result<(), BadSetting> {
    if KEYS.iter().any(|(k, _, _)| *k == key) {
        return Ok(());
    }
    let near = KEYS
        .iter()
        .map(|(k, _, _)| (strsim::damerau_levenshtein(k, key), *k))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, k)| match place {
            "the environment" => format!("; did you mean `KIOSK_{}`?", k.to_uppercase()),
            _ => format!("; did you mean `{k}`?"),
        })
        .unwrap_or_default();
    let shown = if place == "the environment" {
        format!("KIOSK_{}", key.to_uppercase())
    } else {
        key.into()
    };
    Err(BadSetting(format!("{place}: unknown setting `{shown}`{near}")))
}

fn bad(key: &str, value: &str, want: &str) -> BadSetting {
    BadSetting(format!("`{key}` is {value:?}; it must be {want}"))
}

fn parse<T: FromStr>(key: &str, value: &str, want: &str) -> Result<T, BadSetting> {
    value.parse().map_err(|_| bad(key, value, want))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

fn switch(key: &str, value: &str) -> Result<bool, BadSetting> {
    match value {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" | "" => Ok(false),
        other => Err(bad(key, other, "\"on\" or \"off\"")),
    }
}

/// A mail server that is told a password is spoken to over TLS, unless the address says how.
fn encrypted(url: String) -> String {
    let is_plain = url.starts_with("smtp://") && url.contains('@') && !url.contains("tls=");
    if !is_plain {
        return url;
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}tls=required")
}

fn checked_url(key: &str, url: &str) -> Result<String, BadSetting> {
    let url = url.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ', '"', '<']) => {
            Ok(url.to_owned())
        }
        _ => Err(bad(key, url, "an address such as https://shop.example")),
    }
}

/// `45s`, `15m`, `2h` or `30d` in seconds.
fn duration_s(key: &str, text: &str) -> Result<i64, BadSetting> {
    let want = "a time such as 45s, 15m, 2h or 30d";
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad(key, text, want)),
    };
    let number: i64 = parse(key, number, want)?;
    match number.checked_mul(seconds) {
        Some(s) if (1..=86_400 * 365).contains(&s) => Ok(s),
        _ => Err(bad(key, text, want)),
    }
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&beside).doing(&format!("writing {}", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(file: &str, env: &[(&str, &str)]) -> Result<Settings, BadSetting> {
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Settings::resolve(Some(file), env, &Overrides::new())
    }

    // S4.34, S2.122: settings come from file and environment, the environment wins.
    #[test]
    fn layers_stack() {
        let s = resolve("listen = \"0.0.0.0:80\"\nhold = \"2m\"", &[("hold", "30s")]).unwrap();
        assert_eq!((s.listen.port(), s.hold_s), (80, Some(30)));
        assert_eq!(s.public_url, "http://127.0.0.1:80");
    }

    #[test]
    fn mistakes_are_named() {
        let says = |file: &str| resolve(file, &[]).unwrap_err().0;
        assert!(says("lisen = \"x\"").contains("did you mean `listen`"));
        assert!(says("listen = \"here\"").contains("0.0.0.0:80"));
        assert!(says("hold = \"soon\"").contains("15m"));
        assert!(says("public_url = \"ftp://x\"").contains("https://shop.example"));
        assert!(says("provider_url = \"nowhere\"").contains("provider_url"));
        assert!(says("data_dir = \"content/data\"").contains("outside the content"));
        assert!(says("dev = true\nlisten = \"0.0.0.0:80\"").contains("loopback"));
        assert!(says("webhook_secrets = \"s\"").contains("KIOSK_WEBHOOK_SECRETS"));
        // S1.9, S2.122: the simulator never pretends to take real money.
        assert!(says("mode = \"live\"").contains("takes no real money"));
    }
}
