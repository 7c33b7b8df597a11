-- Consent, erasure, retention and what proves them.
-- The hash of a key that stays on the visitor's device, and of who the site says the visitor is.
ALTER TABLE conversations ADD COLUMN key_hash TEXT;
ALTER TABLE conversations ADD COLUMN subject TEXT;
CREATE INDEX conversations_subject ON conversations (site, subject);
-- What the visitor had agreed to, as JSON.
ALTER TABLE handoffs ADD COLUMN consent TEXT;
CREATE INDEX handoffs_conversation ON handoffs (site, conversation);
-- A masked question, sealed.
ALTER TABLE events ADD COLUMN question TEXT;
-- Each site's own keys, sealed with the deployment's: without them nothing of the site can be opened.
CREATE TABLE site_keys (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  wrapped TEXT NOT NULL,
  created_ms REAL NOT NULL,
  PRIMARY KEY (site, id)
);
-- Conversations that may not be deleted for now, and why.
CREATE TABLE holds (
  site TEXT NOT NULL,
  conversation TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_ms REAL NOT NULL,
  PRIMARY KEY (site, conversation)
);
-- Conversations that were erased: what comes back from a backup or an old outbox is erased again.
CREATE TABLE tombstones (
  site TEXT NOT NULL,
  conversation TEXT NOT NULL,
  erased_ms REAL NOT NULL,
  PRIMARY KEY (site, conversation)
);
-- Tokens that are taken once.
CREATE TABLE used_tokens (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_ms REAL NOT NULL,
  PRIMARY KEY (site, id)
);
-- Who did what to which record, and why; each entry carries the hash of the one before.
CREATE TABLE audit (
  site TEXT NOT NULL,
  seq REAL NOT NULL,
  at_ms REAL NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  record TEXT NOT NULL,
  reason TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (site, seq)
);
