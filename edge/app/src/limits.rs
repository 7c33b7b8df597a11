//! Limits on many requests: whom they count together, and the in-memory host's own counter.

use std::net::{IpAddr, Ipv6Addr};

#[cfg(feature = "memory")]
pub(crate) use window::Window;

/// What a site's limit counts a client by: an IPv4 address whole, of an IPv6 one the first 64 bits. A connection is given
/// so many of the rest (RFC 6177) that counting them one by one would be no limit. What is no address stays as it is.
pub(crate) fn key(site: &str, client: &str) -> String {
    let bare = client.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(client);
    match bare.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let prefix = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
            format!("{site}:{prefix}/64")
        }
        Ok(IpAddr::V4(address)) => format!("{site}:{address}"),
        Err(_) => format!("{site}:{client}"),
    }
}

#[cfg(feature = "memory")]
mod window {
    use std::collections::BTreeMap;

    /// A window's length, milliseconds.
    const WINDOW_MS: f64 = 60_000.0;

    /// Counts requests by key in fixed windows of a minute.
    #[derive(Clone, Debug)]
    pub(crate) struct Window {
        most: u32,
        began_ms: f64,
        counts: BTreeMap<String, u32>,
    }

    impl Window {
        /// Admits `most` requests of a key in a minute.
        pub(crate) fn new(most: u32) -> Self {
            Self { most, began_ms: f64::NEG_INFINITY, counts: BTreeMap::new() }
        }

        /// Counts one request of `key`.
        ///
        /// # Errors
        /// The seconds until the window ends, at least 1, where the key has used it up.
        pub(crate) fn admit(&mut self, key: &str, now_ms: f64) -> Result<(), u32> {
            if !(0.0..WINDOW_MS).contains(&(now_ms - self.began_ms)) {
                self.began_ms = now_ms;
                self.counts.clear();
            }
            let count = self.counts.entry(key.to_owned()).or_default();
            *count = count.saturating_add(1);
            if *count <= self.most { Ok(()) } else { Err((((self.began_ms + WINDOW_MS - now_ms) / 1000.0).ceil() as u32).max(1)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Window, key};

    #[test]
    fn counts_each_key_and_begins_anew_after_a_minute() {
        let mut window = Window::new(2);
        assert_eq!([window.admit("a", 0.0), window.admit("a", 10.0), window.admit("a", 30_000.0)], [Ok(()), Ok(()), Err(30)]);
        assert_eq!(window.admit("b", 30_000.0), Ok(()));
        assert_eq!(window.admit("a", 60_000.0), Ok(()));
        // A clock set back does not lock anyone out.
        assert_eq!(window.admit("a", 1.0), Ok(()));
    }

    #[track_caller]
    fn together(one: &str, other: &str, expected: bool) {
        assert_eq!(key("demo", one) == key("demo", other), expected, "{one} {other}");
    }

    #[test]
    fn counts_the_addresses_of_one_connection_together() {
        together("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true);
        together("2001:db8:1:2::1", "2001:db8:1:3::1", false);
        // With brackets as some platforms write them.
        together("[2001:db8:1:2::1]", "2001:db8:1:2::2", true);
        together("192.0.2.1", "192.0.2.2", false);
        // The same IPv4 address, and not the /64 of all of them.
        together("::ffff:192.0.2.1", "192.0.2.1", true);
        together("::ffff:192.0.2.1", "::ffff:192.0.2.2", false);
        together("-", "-", true);
        assert_ne!(key("demo", "192.0.2.1"), key("bank", "192.0.2.1"));
    }
}
