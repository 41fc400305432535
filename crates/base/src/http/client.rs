//! Where a request comes from. Behind a proxy that we trust it is the address that the proxy names; nobody else's word
//! counts.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What one customer of a network has: an address, or 64 bits of IPv6.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// The client of a request that came over a connection from `peer`.
///
/// Each proxy adds whom it has talked to at the right, so the list is read from there, and only as long as those who
/// speak are trusted. The client could have written anything to the left of that. Where an entry is no address, the
/// last trusted proxy is as much as can be known, and so is it where both headers are there and name different clients:
/// the proxy writes one of them and lets the client's own other one pass.
pub fn client_of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    let walk = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            let Some(hop) = hop else { break };
            client = hop;
            if !is_trusted(hop) {
                break;
            }
        }
        client
    };
    let forwarded = hops(headers, &header::FORWARDED, forwarded_for).map(walk);
    let x_forwarded = hops(headers, &X_FORWARDED_FOR, |entry| address(entry.trim())).map(walk);
    match (forwarded, x_forwarded) {
        (Some(client), None) | (None, Some(client)) => client,
        (Some(one), Some(other)) if one == other => one,
        _ => peer,
    }
}

/// The entries of a header that may stand there several times.
fn hops<T>(headers: &HeaderMap, name: &HeaderName, read: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
    let mut found = None;
    for value in headers.get_all(name) {
        let hops = found.get_or_insert_with(Vec::new);
        match value.to_str() {
            Ok(text) => hops.extend(text.split(',').map(&read)),
            Err(_) => hops.push(None),
        }
    }
    found
}

/// `for=192.0.2.60;proto=https`, with the address quoted where it has colons.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let value = element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    })?;
    address(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8:ffff::/48"].map(|network| network.parse().unwrap());
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_static(name), http::HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        client_of(peer.parse().unwrap(), &headers.collect(), &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let xff = "x-forwarded-for";
        assert_eq!(client("192.0.2.1", &[(xff, "203.0.113.9")]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(xff, "203.0.113.9")]), "203.0.113.9");
        assert_eq!(client("::ffff:10.0.0.1", &[(xff, "::ffff:203.0.113.9")]), "203.0.113.9");
        // What the client wrote itself stands further left.
        assert_eq!(client("10.0.0.1", &[(xff, "1.1.1.1, 203.0.113.9")]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[(xff, "1.1.1.1"), (xff, "203.0.113.9, 10.2.2.2")]), "203.0.113.9");
        // All of them ours: the one that is furthest away.
        assert_eq!(client("10.0.0.1", &[(xff, "10.3.3.3,10.2.2.2")]), "10.3.3.3");
    }

    #[test]
    fn what_is_no_address_ends_at_the_last_trusted_proxy() {
        for wrong in
            ["", "unknown", "203.0.113.9.", "1.1.1.1, ,", "1.1.1.1, _hidden", "[::1", "a:b", "1.1.1.1 2.2.2.2", "é"]
        {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", wrong)]), "10.0.0.1", "{wrong}");
        }
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, what, 10.2.2.2")]), "10.2.2.2");
    }

    #[test]
    fn both_forms_are_understood_and_must_not_contradict_each_other() {
        for (entry, read) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"203.0.113.9:4711\";proto=https;by=10.0.0.1", "203.0.113.9"),
            ("proto=https; for=\"[2001:db8::9]:4711\"", "2001:db8::9"),
            ("for=1.1.1.1, for=\"[2001:db8::9]\", for=\"[2001:db8:ffff::1]\"", "2001:db8::9"),
            ("for=unknown", "10.0.0.1"),
            ("for=_secret, for=10.5.5.5", "10.5.5.5"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", entry)]), read, "{entry}");
        }
        for (entry, read) in
            [("203.0.113.9:80", "203.0.113.9"), ("[2001:db8::9]:80", "2001:db8::9"), ("2001:db8::9", "2001:db8::9")]
        {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", entry)]), read, "{entry}");
        }
        let both = |forwarded| client("10.0.0.1", &[("x-forwarded-for", "203.0.113.9"), ("forwarded", forwarded)]);
        assert_eq!(both("for=203.0.113.9"), "203.0.113.9");
        assert_eq!(both("for=203.0.113.7"), "10.0.0.1");
    }

    #[test]
    fn one_network_is_one_customer() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
