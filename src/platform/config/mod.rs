//! How the shop runs: defaults, then `kiosk.toml`, then `KIOSK_*`, then flags. What the shop *is*
//! stands in `content/shop.toml`. Nothing else reads the environment.

mod dsn;
mod hooks;
mod keys;
mod private_file;
pub mod provider;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

pub use dsn::Dsn;
pub use hooks::{HOOK_EVENTS, HookEndpoint, HookFormat};
pub use keys::KEYS;
pub use private_file::write_private;

use keys::{ENVIRONMENT_ONLY, FILED};
use private_file::read_private;
use provider::{Found, ProviderSettings};
pub use values::HOLD_MAX_S;
use values::{bad, checked_url, count_or_off, duration_s, encrypted, hold_s, list, parse, switch};

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
    /// Where this is written down, when it is; beside the folders.
    pub file: PathBuf,
    /// Nightly backups.
    pub backup_dir: PathBuf,
    /// How many backups are kept; none is made by itself when absent.
    pub backups: Option<usize>,
    /// The shop's own templates and styles; used file by file before the built-in ones.
    pub site_dir: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address buyers see, without a slash at the end.
    pub public_url: String,
    /// Whether money is real.
    pub mode: Mode,
    /// Who takes the money, and how they are asked.
    pub provider: ProviderSettings,
    /// Outgoing mail, `smtp://user:password@host:port` or `smtps://…`; files when absent.
    pub smtp_url: Option<Hidden>,
    /// Who vouches for the mail server, in PEM; the authorities that browsers know when absent.
    pub smtp_ca_file: Option<PathBuf>,
    /// Programs of others that hear of orders, by name.
    pub hooks: Vec<HookEndpoint>,
    /// How long stock is held for a checkout, in seconds; wins over the shop's file.
    pub hold_s: Option<i64>,
    /// Whether rate limits are on.
    pub limits: bool,
    /// Proxies whose forwarded address is believed.
    pub trusted_proxies: Vec<String>,
    /// Who may read `/metrics` from elsewhere; this machine only when absent.
    pub metrics_token: Option<Hidden>,
    /// Where errors are passed on to; nowhere when absent.
    pub sentry: Option<Dsn>,
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

/// The file of settings, in the working folder.
const FILE: &str = "kiosk.toml";
/// Backups kept, at most.
const BACKUPS_MAX: usize = 1000;

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
        let file = match std::fs::read_to_string(FILE) {
            Ok(text) => Some(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(BadSetting(format!("kiosk.toml cannot be read: {e}"))),
        };
        let mut values = layer(file.as_deref(), environment, overrides)?;
        let filed = FILED.iter().map(|(key, file)| ((*key).to_owned(), (*file).to_owned()));
        for (key, file) in filed.chain(hooks::filed(&values)) {
            let path = values.get(&file).map(|path| path.trim().to_owned()).unwrap_or_default();
            let text = values.entry(key.clone()).or_default();
            match (path.is_empty(), text.trim().is_empty()) {
                (true, _) => {}
                (false, true) => {
                    *text = read_private(Path::new(&path))
                        .map_err(|why| BadSetting(format!("`{file}`: {why}")))?;
                }
                (false, false) => {
                    return Err(BadSetting(format!("`{key}` and `{file}` are both set; keep one")));
                }
            }
        }
        Self::from_values(&values)
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
        Self::from_values(&layer(file, environment, overrides)?)
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
        let public_url = checked_url("public_url", &public_url)?;
        let url = |key: &str| some(key).map(|url| checked_url(key, &url)).transpose();
        let provider = Found {
            name: text("provider"),
            url: url("provider_url")?,
            pages: url("provider_pages")?,
            key: some("stripe_key"),
            webhook_secrets: list(&text("webhook_secrets").replace('\n', ",")),
            timeout_s: duration_s("provider_timeout", &text("provider_timeout"))?,
            retries: parse("provider_retries", &text("provider_retries"), "a whole number")?,
            mode,
            https: public_url.starts_with("https://"),
        };
        let hold_s = some("hold").map(|v| hold_s(&v)).transpose()?;
        let trusted_proxies = proxies(&text("trusted_proxies"))?;
        Ok(Self {
            content_dir,
            file: FILE.into(),
            backup_dir: some("backup_dir").map_or_else(|| data_dir.join("backups"), Into::into),
            backups: count_or_off("backups", &text("backups"), BACKUPS_MAX)?,
            data_dir,
            site_dir: text("site_dir").into(),
            listen,
            public_url,
            mode,
            provider: provider.check()?,
            smtp_url: some("smtp_url").map(|url| Hidden(encrypted(url))),
            smtp_ca_file: some("smtp_ca_file").map(Into::into),
            hooks: hooks::read(values, dev)?,
            hold_s,
            limits: switch("limits", &text("limits"))?,
            trusted_proxies,
            metrics_token: some("metrics_token").map(Hidden),
            sentry: some("sentry_dsn").map(|dsn| Dsn::parse(&dsn)).transpose()?,
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

/// The proxies whose word is believed.
fn proxies(text: &str) -> Result<Vec<String>, BadSetting> {
    let proxies = list(text);
    for proxy in &proxies {
        let (address, bits) = proxy.split_once('/').unwrap_or((proxy, ""));
        let _: IpAddr = parse("trusted_proxies", address, "IP addresses, such as 10.0.0.1")?;
        // Whoever may name the sender of a request may be as many senders as they like.
        if bits.parse() == Ok(0) {
            return Err(BadSetting(format!(
                "`trusted_proxies` has {proxy:?}, which is everybody: then any visitor could say \
                 who they are and pass every limit; name your proxy's own address"
            )));
        }
    }
    Ok(proxies)
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

/// All sources laid over each other.
fn layer(
    file: Option<&str>,
    environment: Vec<(String, String)>,
    overrides: &Overrides,
) -> Result<BTreeMap<String, String>, BadSetting> {
    let mut values: BTreeMap<String, String> =
        KEYS.iter().map(|(k, v, _)| ((*k).to_owned(), (*v).to_owned())).collect();
    for (key, value) in read_file(file.unwrap_or_default())? {
        if key.starts_with("hooks.") {
            hooks::check_key(&key)?;
            values.insert(key, value);
            continue;
        }
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
        let of_hook = hooks::key_of_environment(&key);
        if of_hook.is_none() {
            known(&key, "the environment")?;
        }
        values.insert(of_hook.unwrap_or(key), value);
    }
    values.extend(overrides.clone());
    Ok(values)
}

/// The file as flat `key = value` pairs.
fn read_file(text: &str) -> Result<Vec<(String, String)>, BadSetting> {
    let table: toml::Table = text
        .parse()
        .map_err(|e: toml::de::Error| BadSetting(format!("kiosk.toml: {}", e.message())))?;
    let mut pairs = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(endpoints) if key == "hooks" => {
                for (name, endpoint) in endpoints {
                    let toml::Value::Table(fields) = endpoint else {
                        let what = format!("kiosk.toml: `hooks.{name}` must be a table");
                        return Err(BadSetting(what));
                    };
                    for (field, value) in fields {
                        let key = format!("hooks.{name}.{field}");
                        let value = flat(&key, value)?;
                        pairs.push((key, value));
                    }
                }
            }
            _ if key == "hooks" => {
                let what = "kiosk.toml: write each hook as a table, such as [hooks.books]";
                return Err(BadSetting(what.to_owned()));
            }
            value => {
                let value = flat(&key, value)?;
                pairs.push((key, value));
            }
        }
    }
    Ok(pairs)
}

fn flat(key: &str, value: toml::Value) -> Result<String, BadSetting> {
    Ok(match value {
        toml::Value::String(s) => s,
        toml::Value::Integer(n) => n.to_string(),
        toml::Value::Boolean(b) => if b { "on" } else { "off" }.to_owned(),
        toml::Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(toml::Value::as_str).collect();
            texts.join(",")
        }
        _ => return Err(BadSetting(format!("kiosk.toml: `{key}` must be a text"))),
    })
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
        assert!(says("hold = \"24h\"").contains("at most 23h"));
        assert!(says("public_url = \"ftp://x\"").contains("https://shop.example"));
        assert!(says("provider_url = \"nowhere\"").contains("provider_url"));
        assert!(says("data_dir = \"content/data\"").contains("outside the content"));
        assert!(says("dev = true\nlisten = \"0.0.0.0:80\"").contains("loopback"));
        assert!(says("webhook_secrets = \"s\"").contains("KIOSK_WEBHOOK_SECRETS"));
        // S1.9, S2.122: the simulator never pretends to take real money.
        assert!(says("mode = \"live\"").contains("takes no real money"));
    }
}
