//! What a client likes, as headers such as `Accept` say it.

use super::caching::Encoding;

/// Quality 1 of a header such as `Accept`, in thousandths.
const FULL_QUALITY: u16 = 1000;

/// How much a client likes an encoding, in thousandths.
pub(super) fn quality(accepted: &[(&str, u16)], encoding: Encoding) -> u16 {
    let of = |name: &str| {
        let mut named = accepted.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        named.next().map(|(_, quality)| *quality)
    };
    // What no part of the header names is refused, but for the plain bytes.
    let unnamed = u16::from(encoding == Encoding::Identity);
    of(encoding.token()).or_else(|| of("*")).unwrap_or(unnamed)
}

/// One item of a header such as `Accept`: its name and quality in thousandths; `None` when it
/// cannot be read.
pub(super) fn name_and_quality(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut quality = FULL_QUALITY;
    for part in parts {
        if let Some(value) = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")) {
            quality = thousandths(value)?;
        }
    }
    Some((name, quality))
}

/// `0`, `0.5`, `1.000` as thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(FULL_QUALITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn qualities_stay_in_range(text in "[01]\\.?[0-9]{0,4}") {
            prop_assert!(thousandths(&text).is_none_or(|quality| quality <= FULL_QUALITY));
        }
    }
}
