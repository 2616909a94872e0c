//! Amounts, shares and days, against what people of each country write.

use std::process::{Command, Stdio};

use jiff::civil::{date, datetime};
use kiosk::base::{Currency, Money};
use kiosk::platform::render::Locale;

const LOCALES: [&str; 14] = [
    "en-GB", "en-US", "en-IE", "de-DE", "de-AT", "de-CH", "fr-FR", "nl-NL", "es-ES", "it-IT",
    "pl-PL", "sv-SE", "da-DK", "pt-PT",
];

/// Currencies with every number of decimals and every kind of sign.
const CURRENCIES: [&str; 12] =
    ["GBP", "EUR", "USD", "CHF", "SEK", "DKK", "PLN", "CZK", "HUF", "JPY", "KWD", "BRL"];

/// Minor units around every place where something changes.
const AMOUNTS: [i64; 8] = [0, 5, -50, 99, 129_900, -1_299_000, 999_999, 99_999_999];

fn money(locale: &str, code: &str, minor: i64) -> String {
    Locale::of(locale).money(Money::new(minor, Currency::parse(code).unwrap()))
}

/// Spaces that look alike made visible.
fn shown(text: &str) -> String {
    text.replace('\u{a0}', "~").replace('\u{202f}', "'")
}

// S4.17 S0.25: prices as people write them, exact in every currency.
#[test]
fn amounts_follow_language_and_country() {
    for (locale, code, minor, written) in [
        ("en-GB", "GBP", 129_900, "£1,299.00"),
        ("en-GB", "GBP", -50, "-£0.50"),
        ("en-GB", "CHF", 100, "CHF~1.00"),
        ("en-US", "USD", 99_999_999, "$999,999.99"),
        ("de-DE", "EUR", 129_900, "1.299,00~€"),
        ("de-DE", "EUR", -5, "-0,05~€"),
        ("de-AT", "EUR", 129_900, "€~1.299,00"),
        ("de-CH", "CHF", 129_900, "CHF~1’299.00"),
        ("de-CH", "CHF", -50, "CHF-0.50"),
        ("fr-FR", "EUR", 129_900, "1'299,00~€"),
        ("nl-NL", "EUR", -129_900, "€~-1.299,00"),
        ("es-ES", "EUR", 129_900, "1299,00~€"),
        ("es-ES", "EUR", 1_299_900, "12.999,00~€"),
        ("pl-PL", "PLN", 1_299_900, "12~999,00~zł"),
        ("sv-SE", "SEK", -129_900, "−1~299,00~kr"),
        ("da-DK", "DKK", 129_900, "1.299,00~kr."),
        ("de-DE", "JPY", 1299, "1.299~¥"),
        ("en-GB", "KWD", 1250, "KWD~1.250"),
        // Countries and languages not in the table: the language's first country, then British.
        ("de-LI", "EUR", 100, "1,00~€"),
        ("fr", "EUR", 100, "1,00~€"),
        ("fi-FI", "EUR", 129_900, "€1,299.00"),
        ("", "EUR", 100, "€1.00"),
    ] {
        assert_eq!(shown(&money(locale, code, minor)), written, "{locale} {code} {minor}");
    }
}

#[test]
fn shares_counts_and_days_follow_language_and_country() {
    let day = date(2026, 3, 3);
    let at = datetime(2026, 11, 24, 14, 2, 0, 0);
    for (locale, percent, count, written, moment) in [
        ("en-GB", "12.5%", "1,204", "Tue 3 March 2026", "24 November 2026, 14:02"),
        ("en-US", "12.5%", "1,204", "Tue, March 3, 2026", "November 24, 2026, 2:02 PM"),
        ("de-DE", "12,5~%", "1.204", "Di., 3. März 2026", "24. November 2026, 14:02 Uhr"),
        ("de-CH", "12.5%", "1’204", "Di., 3. März 2026", "24. November 2026, 14:02 Uhr"),
        ("fr-FR", "12,5~%", "1'204", "mar. 3 mars 2026", "24 novembre 2026 à 14:02"),
        ("nl-NL", "12,5%", "1.204", "di 3 maart 2026", "24 november 2026 om 14:02"),
        ("es-ES", "12,5~%", "1204", "mar, 3 de marzo de 2026", "24 de noviembre de 2026, 14:02"),
        ("it-IT", "12,5%", "1204", "mar 3 marzo 2026", "24 novembre 2026, 14:02"),
        ("pl-PL", "12,5%", "1204", "wt., 3 marca 2026", "24 listopada 2026, 14:02"),
        ("sv-SE", "12,5~%", "1~204", "tis 3 mars 2026", "24 november 2026 kl. 14:02"),
        ("da-DK", "12,5~%", "1.204", "tirs. 3. marts 2026", "24. november 2026 kl. 14.02"),
        ("pt-PT", "12,5%", "1204", "terça, 3 de março de 2026", "24 de novembro de 2026, 14:02"),
    ] {
        let l = Locale::of(locale);
        assert_eq!(shown(&l.percent(1250)), percent, "{locale}");
        assert_eq!(shown(&l.count(1204)), count, "{locale}");
        assert_eq!(l.date(day), written, "{locale}");
        assert_eq!(l.moment(at), moment, "{locale}");
    }
    let british = Locale::of("en-GB");
    let percents = [0, 100, 1900, 725, 5, -1250].map(|basis_points| british.percent(basis_points));
    assert_eq!(percents, ["0%", "1%", "19%", "7.25%", "0.05%", "-12.5%"]);
    let american = Locale::of("en-US");
    let hours = [0, 11, 12, 23].map(|hour| american.moment(datetime(2026, 1, 1, hour, 5, 0, 0)));
    assert_eq!(hours.map(|h| h[17..].to_owned()), ["12:05 AM", "11:05 AM", "12:05 PM", "11:05 PM"]);
}

// S3.21 S4.17: amounts as people type them.
#[test]
fn amounts_are_read_as_each_country_types_them() {
    for (locale, code, typed, plain) in [
        ("en-GB", "GBP", "12.50", "12.50"),
        ("en-GB", "GBP", "£ 1,299", "1299"),
        ("en-GB", "GBP", "1,299.50", "1299.50"),
        ("en-GB", "GBP", "12,5", "12.5"),
        ("de-DE", "EUR", "12,50 €", "12.50"),
        ("de-DE", "EUR", "€12,50", "12.50"),
        ("de-DE", "EUR", "1.299,00 EUR", "1299.00"),
        ("de-DE", "EUR", "1.299", "1299"),
        ("de-DE", "EUR", "12.5", "12.5"),
        ("de-CH", "CHF", "CHF 1’299.50", "1299.50"),
        ("fr-FR", "EUR", "1\u{202f}299,5 €", "1299.5"),
        ("da-DK", "DKK", "99 kr.", "99"),
        ("en-GB", "KWD", "1.250", "1.250"),
        ("de-DE", "EUR", "1.29,00", "1.29,00"),
        ("de-DE", "EUR", "billig", "billig"),
        ("en-GB", "GBP", "-5", "-5"),
    ] {
        let currency = Currency::parse(code).unwrap();
        assert_eq!(Locale::of(locale).typed_amount(typed, currency), plain, "{locale} {typed}");
    }
}

// S4.17: the storefront's script writes with the browser's own formatter; both must agree.
#[test]
fn pages_and_script_write_the_same_amount() {
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    if !node.is_ok_and(|status| status.success()) {
        return;
    }
    let mut asked = Vec::new();
    let mut written = Vec::new();
    for locale in LOCALES {
        for code in CURRENCIES {
            let decimals = Currency::parse(code).unwrap().exponent();
            for minor in AMOUNTS {
                asked.push(format!("['{locale}','{code}',{decimals},{minor}]"));
                written.push(format!("{locale} {code} {minor}: {}", money(locale, code, minor)));
            }
        }
    }
    // As `money` in site/assets/js/shop.js.
    let script = format!(
        "for (const [locale, currency, decimals, minor] of [{}]) console.log(
           `${{locale}} ${{currency}} ${{minor}}: ` + new Intl.NumberFormat(locale, {{
             style: 'currency', currencyDisplay: 'narrowSymbol', currency,
             minimumFractionDigits: decimals, maximumFractionDigits: decimals,
           }}).format(minor / 10 ** decimals))",
        asked.join(",")
    );
    let output = Command::new("node").args(["-e", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Versions of the browsers' data differ in which apostrophe the Swiss write.
    let plain = |text: &str| text.replace('’', "'");
    let by_node: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(plain).collect();
    assert_eq!(by_node, written.iter().map(|line| plain(line)).collect::<Vec<_>>());
}
