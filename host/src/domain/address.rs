//! Addresses that no request of a component is ever sent to, in whichever form they are written.
//!
//! Link-local and metadata addresses hand out what the machine itself may do; the others are no one's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Metadata of clouds at addresses that are not link-local: Alibaba, Azure, Oracle.
const METADATA: [Ipv4Addr; 3] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];

/// Google's over IPv6; Amazon's are all of `fd00:ec2::/32`.
const GOOGLE: Ipv6Addr = Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254);

/// By which rule an address is never contacted, if it is so: what kind of address it is.
pub fn never_contacted(address: IpAddr) -> Option<&'static str> {
    forms(address).find_map(|form| match form {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    })
}

/// The address, and the IPv4 address that is inside of it: mapped, compatible (RFC 4291, 2.5.5), behind NAT64 (RFC 6052, 8215) or 6to4 (RFC 3056), and
/// of a Teredo client (RFC 4380).
pub fn forms(address: IpAddr) -> impl Iterator<Item = IpAddr> {
    let inside = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => embedded(address).map(IpAddr::V4),
    };
    std::iter::once(address).chain(inside)
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => of(high, low),
        [0x2001, 0, _, _, _, _, high, low] => of(!high, !low),
        _ => None,
    }
}

fn v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("an unspecified address"),
        [169, 254, ..] => Some("a link-local address"),
        [224..=239, ..] => Some("a multicast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ if METADATA.contains(&address) => Some("a metadata address"),
        _ => None,
    }
}

fn v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an unspecified address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0xfd00, 0xec2, ..] => Some("a metadata address"),
        _ if address == GOOGLE => Some("a metadata address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_rule() {
        for (addresses, rule) in [
            (&["0.0.0.0", "0.1.2.3", "::"][..], "an unspecified address"),
            (&["169.254.169.254", "169.254.0.1", "169.254.170.2", "fe80::1", "febf::1"], "a link-local address"),
            (&["100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"], "a metadata address"),
            (&["224.0.0.1", "239.255.255.255", "ff02::1"], "a multicast address"),
            (&["255.255.255.255", "240.0.0.1"], "a reserved address"),
        ] {
            for address in addresses {
                assert_eq!(never_contacted(address.parse().unwrap()), Some(rule), "{address}");
            }
        }
        for address in
            ["127.0.0.1", "::1", "10.0.0.1", "192.168.0.1", "100.64.0.1", "8.8.8.8", "2606:4700::1", "fd00::1", "fec0::1", "64:ff9b::808:808"]
        {
            assert_eq!(never_contacted(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn an_address_inside_of_another_is_found() {
        for address in [
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2001:0:1:2:3:4:5601:5601",
        ] {
            assert_eq!(never_contacted(address.parse().unwrap()), Some("a link-local address"), "{address}");
        }
        let loopback = forms("::ffff:127.0.0.1".parse().unwrap()).last();
        assert_eq!(loopback, Some(Ipv4Addr::LOCALHOST.into()));
    }
}
