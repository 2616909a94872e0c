//! Carriers whose tracking pages are known, and what a merchant says of a parcel. Pure.

use super::model::Refusal;
use crate::pricing::Carrier;

/// Longest name of a carrier, in characters.
const CARRIER_MAX: usize = 60;
/// Longest tracking number, in characters.
const NUMBER_MAX: usize = 64;
/// Longest tracking address, in characters.
const URL_MAX: usize = 300;

/// Where each carrier shows a parcel; `{n}` is its number.
const CARRIERS: [(&str, &str); 11] = [
    ("Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{n}"),
    ("Parcelforce", "https://www.parcelforce.com/track-trace?trackNumber={n}"),
    ("Evri", "https://www.evri.com/track/parcel/{n}"),
    ("DPD", "https://track.dpd.co.uk/search?reference={n}"),
    (
        "DHL",
        "https://www.dhl.com/global-en/home/tracking/tracking-parcel.html?submit=1&tracking-id={n}",
    ),
    ("UPS", "https://www.ups.com/track?tracknum={n}"),
    ("FedEx", "https://www.fedex.com/fedextrack/?trknbr={n}"),
    ("GLS", "https://gls-group.com/track/{n}"),
    (
        "Deutsche Post",
        "https://www.deutschepost.de/sendung/simpleQueryResult.html?form.sendungsnummer={n}",
    ),
    ("Österreichische Post", "https://www.post.at/sv/sendungsdetails?snr={n}"),
    ("USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={n}"),
];

/// Names to choose from: the shop's own first.
pub fn known_carriers(own: &[Carrier]) -> impl Iterator<Item = &str> {
    let others = CARRIERS.iter().map(|(name, _)| *name);
    let others = others.filter(|name| !own.iter().any(|one| one.name.eq_ignore_ascii_case(name)));
    own.iter().map(|one| one.name.as_str()).chain(others)
}

/// Where a parcel of a known carrier can be followed; empty when nobody knows. What the shop says
/// of a carrier wins.
#[must_use]
pub(super) fn tracking_url(own: &[Carrier], carrier: &str, number: &str) -> String {
    let plain = number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let own = own.iter().map(|one| (one.name.as_str(), one.link.as_str()));
    let mut all = own.chain(CARRIERS);
    let known = all.find(|(name, _)| name.eq_ignore_ascii_case(carrier.trim()));
    match known {
        Some((_, template)) if plain && !number.is_empty() => template.replace("{n}", number),
        _ => String::new(),
    }
}

/// What somebody says of a parcel, and which units of which lines are in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shipment {
    /// Who carries it; may be empty.
    pub carrier: String,
    /// The carrier's number for it; may be empty.
    pub number: String,
    /// Where it can be followed, when the carrier is not a known one.
    pub url: String,
    /// Position and units; everything that has not left when absent.
    pub lines: Option<Vec<(u32, u32)>>,
}

impl Shipment {
    /// Everything that has not left.
    #[must_use]
    pub fn whole(carrier: &str, number: &str) -> Self {
        Self { carrier: carrier.to_owned(), number: number.to_owned(), ..Self::default() }
    }

    /// The same with spaces taken off, and the address worked out.
    ///
    /// # Errors
    /// When a text is too long, or the address is none a browser should open.
    pub(super) fn checked(&self, own: &[Carrier]) -> Result<Self, Refusal> {
        let unfit = |what, why| Err(Refusal::Parcel { what, why });
        let carrier = self.carrier.trim().to_owned();
        let number: String = self.number.split_whitespace().collect();
        let mut url = self.url.trim().to_owned();
        let long =
            |text: &str, max| text.chars().count() > max || text.chars().any(char::is_control);
        if long(&carrier, CARRIER_MAX) {
            return unfit("The carrier", "has too many characters, or some that cannot be read");
        }
        if long(&number, NUMBER_MAX) {
            return unfit("The tracking number", "has too many characters");
        }
        if url.is_empty() {
            url = tracking_url(own, &carrier, &number);
        } else if !url.starts_with("https://") || long(&url, URL_MAX) || url.contains(['"', ' ']) {
            return unfit("The link", "must begin with https:// and be of moderate length");
        }
        Ok(Self { carrier, number, url, lines: self.lines.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.39: a number becomes a link where its carrier is known.
    #[test]
    fn known_carriers_have_links() {
        let of = |carrier: &str, number: &str| tracking_url(&[], carrier, number);
        let url = of("royal mail", "RM123456785GB");
        assert_eq!(
            url,
            "https://www.royalmail.com/track-your-item#/tracking-results/RM123456785GB"
        );
        for (carrier, number) in [("Pigeon", "1"), ("DHL", ""), ("DHL", "1&x=2"), ("UPS", "a/b")] {
            assert_eq!(of(carrier, number), "", "{carrier} {number}");
        }
        assert!(CARRIERS.iter().all(|(_, url)| url.starts_with("https://") && url.contains("{n}")));
    }

    // S1.39: a shop's own carriers come first, and win over known ones of the same name.
    #[test]
    fn a_shop_may_have_carriers_of_its_own() {
        let carrier = |name: &str, link: &str| Carrier { name: name.into(), link: link.into() };
        let own =
            [carrier("Bike", "https://bike.example/{n}"), carrier("dhl", "https://d.example/{n}")];
        assert_eq!(tracking_url(&own, "bike", "7"), "https://bike.example/7");
        assert_eq!(tracking_url(&own, "DHL", "7"), "https://d.example/7");
        assert_eq!(tracking_url(&own, "GLS", "7"), "https://gls-group.com/track/7");
        assert_eq!(tracking_url(&own, "Bike", "7/../x"), "");
        let names: Vec<&str> = known_carriers(&own).collect();
        assert_eq!(names[..3], ["Bike", "dhl", "Royal Mail"]);
        assert!(names.len() == CARRIERS.len() + 1 && !names.contains(&"DHL"));
    }

    #[test]
    fn a_parcel_says_nothing_dangerous() {
        let of = |carrier: &str, number: &str, url: &str| {
            let url = url.to_owned();
            Shipment { url, ..Shipment::whole(carrier, number) }.checked(&[])
        };
        let fine = of(" DHL ", "12 34", "").unwrap();
        assert_eq!((fine.carrier.as_str(), fine.number.as_str()), ("DHL", "1234"));
        assert!(fine.url.ends_with("tracking-id=1234"));
        assert_eq!(
            of("Bike", "7", "https://bike.example/7").unwrap().url,
            "https://bike.example/7"
        );
        for url in ["javascript:alert(1)", "http://bike.example", "https://a\"b", "https://a b"] {
            assert!(of("Bike", "7", url).is_err(), "{url}");
        }
        assert!(of(&"x".repeat(61), "", "").is_err() && of("", &"1".repeat(65), "").is_err());
        assert!(of("a\nb", "", "").is_err());
    }
}
