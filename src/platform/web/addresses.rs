//! Who is calling: networks, and the caller's address behind proxies we trust.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use poem::Request;
use poem::http::HeaderMap;

/// Bits of an IPv6 address that belong to one subscriber.
const SUBSCRIBER_BITS: u8 = 64;

/// A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether the address lies in the range. IPv4 written as IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differs = u32::from(ours) ^ u32::from(theirs);
                differs.checked_shr(32 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differs = u128::from(ours) ^ u128::from(theirs);
                differs.checked_shr(128 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotANetwork(String);

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is neither an address nor a network such as 10.0.0.0/8", self.0)
    }
}

impl std::error::Error for NotANetwork {}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(bits_max);
        if bits > bits_max { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

/// The address that made the request: the peer, or, when the peer is a trusted proxy, the
/// right-most hop of `X-Forwarded-For` that is not one. What stands left of that hop is the
/// caller's own claim and never believed.
#[must_use]
pub fn client_address(request: &Request, trusted: &[Network]) -> IpAddr {
    let peer = request
        .remote_addr()
        .as_socket_addr()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), SocketAddr::ip);
    nearest_untrusted(peer, request.headers(), trusted)
}

fn nearest_untrusted(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|line| line.to_str().unwrap_or("?").split(','))
        .collect();
    let mut nearest = peer.to_canonical();
    for hop in hops.into_iter().rev() {
        if !is_trusted(nearest) {
            break;
        }
        // A hop that cannot be read ends the chain: the proxy that wrote it stands for it.
        let Some(address) = parse_hop(hop.trim()) else { break };
        nearest = address.to_canonical();
    }
    nearest
}

/// An address as proxies write it: plain, with a port, or in brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bracketed = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bracketed.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// The address limits are counted by: IPv6 subscribers own a whole /64.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let host_bits = 128 - u32::from(SUBSCRIBER_BITS);
            IpAddr::V6(Ipv6Addr::from((u128::from(address) >> host_bits) << host_bits))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn forwarded(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn networks_are_read_and_compared_by_their_bits() {
        assert!(network("10.0.0.0/8").contains(ip("10.9.8.7")));
        assert!(!network("10.0.0.0/8").contains(ip("11.0.0.1")));
        assert!(network("127.0.0.1").contains(ip("::ffff:127.0.0.1")));
        assert!(!network("127.0.0.1").contains(ip("127.0.0.2")));
        assert!(network("0.0.0.0/0").contains(ip("1.2.3.4")));
        assert!(!network("0.0.0.0/0").contains(ip("::2")));
        assert!(network("2001:db8::/32").contains(ip("2001:db8:ffff::1")));
        assert!(network("::/0").contains(ip("2001::1")));
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "a/8", "1.2.3.4/", "1.2.3.4/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_trusted_peer_may_forward() {
        let trusted = [network("127.0.0.1"), network("10.0.0.0/8")];
        let cases: [(&str, &[&str], &str); 8] = [
            ("203.0.113.5", &["1.1.1.1"], "203.0.113.5"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.5"], "203.0.113.5"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.5, 10.1.1.1"], "203.0.113.5"),
            ("127.0.0.1", &["6.6.6.6", "203.0.113.5"], "203.0.113.5"),
            ("127.0.0.1", &["203.0.113.5, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("127.0.0.1", &["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ];
        for (peer, lines, expected) in cases {
            let found = nearest_untrusted(ip(peer), &forwarded(lines), &trusted);
            assert_eq!(found, ip(expected), "{peer} {lines:?}");
        }
    }

    proptest! {
        #[test]
        fn what_the_caller_claims_changes_nothing(claim in "[0-9a-f.:, ]{0,40}") {
            let trusted = [network("127.0.0.1")];
            let lines = format!("{claim}, 203.0.113.5");
            let found = nearest_untrusted(ip("127.0.0.1"), &forwarded(&[&lines]), &trusted);
            prop_assert_eq!(found, ip("203.0.113.5"));
        }

        #[test]
        fn a_network_contains_its_own_addresses(address: u32, bits in 0u8..=32, host: u32) {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            let network = Network { address: IpAddr::V4(address.into()), bits };
            let inside = (address & mask) | (host & !mask);
            prop_assert!(network.contains(IpAddr::V4(inside.into())));
            if bits > 0 {
                let outside = inside ^ (1 << (32 - bits));
                prop_assert!(!network.contains(IpAddr::V4(outside.into())));
            }
        }

        #[test]
        fn one_subscriber_is_one_neighbourhood(high: u64, a: u64, b: u64) {
            let at = |low: u64| {
                IpAddr::V6(Ipv6Addr::from((u128::from(high) << 64) | u128::from(low)))
            };
            prop_assume!(high != 0);
            prop_assert_eq!(neighbourhood(at(a)), neighbourhood(at(b)));
        }
    }
}
