//! The in-memory host's rate limit.

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

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn counts_each_key_and_begins_anew_after_a_minute() {
        let mut window = Window::new(2);
        assert_eq!([window.admit("a", 0.0), window.admit("a", 10.0), window.admit("a", 30_000.0)], [Ok(()), Ok(()), Err(30)]);
        assert_eq!(window.admit("b", 30_000.0), Ok(()));
        assert_eq!(window.admit("a", 60_000.0), Ok(()));
        // A clock set back does not lock anyone out.
        assert_eq!(window.admit("a", 1.0), Ok(()));
    }
}
