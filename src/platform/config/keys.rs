//! The list of settings: the one behind the file, the environment, the documentation and the
//! message about an unknown key. Pure.

/// Every key, its default and what it is for: the one list behind the file, the environment,
/// the documentation and the unknown-key message.
pub const KEYS: &[(&str, &str, &str)] = &[
    ("content_dir", "content", "folder of the catalog files"),
    ("data_dir", "data", "folder of the database; keep it private and backed up"),
    ("backup_dir", "", "folder of the nightly backups; <data_dir>/backups when empty"),
    ("backups", "7", "how many backups are kept; \"off\" makes none by itself"),
    ("site_dir", "site", "your own templates and styles, used file by file before the built-in"),
    ("listen", "127.0.0.1:8080", "address and port to listen on"),
    ("public_url", "", "address buyers see; http://<listen> when empty"),
    ("mode", "test", "\"test\" takes no real money, \"live\" does"),
    ("provider", "simulator", "payment provider: \"simulator\" or \"stripe\""),
    ("provider_url", "", "base address of the provider; its usual one when empty"),
    ("provider_pages", "", "address of Stripe's payment pages, when you have a domain for them"),
    ("provider_timeout", "4s", "longest wait for one answer of the provider"),
    ("provider_retries", "2", "how often a call without an answer is repeated at once"),
    ("stripe_key", "", "secret or restricted key of Stripe; environment only"),
    ("stripe_key_file", "", "private file (mode 0600) that holds the key instead"),
    ("webhook_secrets", "", "secrets that sign webhooks, separated by commas; environment only"),
    ("webhook_secrets_file", "", "private file (mode 0600) with one secret a line instead"),
    ("smtp_url", "", "smtp://user:password@host:587; files when empty; environment only"),
    ("smtp_ca_file", "", "PEM file of the authority behind your own mail server's certificate"),
    ("hooks", "", "programs that hear of orders, each a table [hooks.NAME]; see docs/hooks.md"),
    ("hold", "", "how long a checkout holds stock, such as 15m; the shop's own when empty"),
    ("limits", "on", "rate limits: \"on\" or \"off\""),
    ("trusted_proxies", "", "addresses of proxies whose X-Forwarded-For is believed, by commas"),
    ("metrics_token", "", "what readers of /metrics must say; environment only"),
    ("sentry_dsn", "", "error service that hears of errors, Sentry's form; environment only"),
    ("avif", "on", "pictures as AVIF as well: lighter, but slow to make"),
    ("dev", "off", "development: shows /dev/mail"),
    ("log_json", "off", "log lines as JSON"),
];

/// Secrets belong into the environment, never into a file that gets copied around.
pub(super) const ENVIRONMENT_ONLY: &[&str] =
    &["stripe_key", "webhook_secrets", "smtp_url", "metrics_token", "sentry_dsn"];

/// Secrets that may stand in a private file of their own, and what names it.
pub(super) const FILED: &[(&str, &str)] =
    &[("stripe_key", "stripe_key_file"), ("webhook_secrets", "webhook_secrets_file")];
