use nearside_conversation::Purpose;
use nearside_protocol::{CONSENT_VERSION, Consent, ConsentBy};
use serde::{Deserialize, Serialize};

use super::Now;

/// Purposes that Do-Not-Track and Global Privacy Control are a no to, whatever else was said.
const TRACKING: [Purpose; 2] = [Purpose::Analytics, Purpose::Improve];

/// What the visitor has said about each purpose; one in neither list was not asked about yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// The version of what was agreed to. A record of a version to come may mean what is not known here: it counts as
    /// nothing said.
    v: u32,
    /// When last, milliseconds since 1970-01-01 UTC.
    at_ms: i64,
    agreed: Vec<Purpose>,
    refused: Vec<Purpose>,
}

impl Choices {
    /// Yes, no, or not asked yet. `signal`: whether the browser says no to tracking; `regional`: what counts as agreed until
    /// the visitor says something.
    pub fn to(&self, purpose: Purpose, signal: bool, regional: &[Purpose]) -> Option<bool> {
        let known = self.v <= CONSENT_VERSION;
        // A no is one in every version.
        if signal && TRACKING.contains(&purpose) || self.refused.contains(&purpose) {
            return Some(false);
        }
        (known && self.agreed.contains(&purpose) || regional.contains(&purpose)).then_some(true)
    }

    /// Whether something may be sent for it now.
    pub fn allows(&self, now: &Now, purpose: Purpose) -> bool {
        self.to(purpose, now.signal, &now.regional) == Some(true)
    }

    /// The visitor has said yes or no.
    pub fn set(&mut self, now_ms: i64, purpose: Purpose, agreed: bool) {
        if self.v > CONSENT_VERSION {
            self.agreed.clear();
        }
        (self.v, self.at_ms) = (CONSENT_VERSION, now_ms);
        self.agreed.retain(|p| *p != purpose);
        self.refused.retain(|p| *p != purpose);
        if agreed { self.agreed.push(purpose) } else { self.refused.push(purpose) }
    }

    /// As it goes along with what is sent.
    pub fn record(&self, now: &Now) -> Consent {
        let purposes = Purpose::ALL.into_iter().filter(|p| self.allows(now, *p)).collect();
        let by = if self.at_ms == 0 { ConsentBy::Site } else { ConsentBy::Visitor };
        Consent { v: CONSENT_VERSION, at_ms: self.at_ms as f64, by, purposes }
    }
}
