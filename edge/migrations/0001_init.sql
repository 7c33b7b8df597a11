-- Records of all sites of a deployment; each row knows its site. Times are milliseconds since 1970-01-01 UTC, REAL
-- because D1 binds integers of 32 bits only. A column whose name ends in _sealed holds sealed text and nothing else: the list
-- in edge/app/src/sealed.rs names each of them, and a test compares the two.
-- A conversation and its own key, sealed with the site's: erasing it is dropping that key and the words.
-- key_hash is the SHA-256 of a key that stays on the visitor's device, subject a keyed hash of who the site says the visitor
-- is, consent what they had agreed to when the newest entry arrived.
CREATE TABLE conversations (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  locale TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  subject TEXT,
  consent TEXT NOT NULL,
  created_ms REAL NOT NULL,
  last_ms REAL NOT NULL,
  key_sealed TEXT NOT NULL,
  PRIMARY KEY (site, id)
);
CREATE INDEX conversations_last ON conversations (site, last_ms, id);
CREATE INDEX conversations_subject ON conversations (site, subject, last_ms) WHERE subject IS NOT NULL;
-- The log: what happened in a conversation as far as people see it, in the order in which it arrived, sealed whole under the
-- conversation's key.
CREATE TABLE entries (
  site TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  received_ms REAL NOT NULL,
  words_sealed TEXT NOT NULL,
  PRIMARY KEY (site, conversation, seq),
  UNIQUE (site, conversation, id)
);
-- The inbox: one row for each entry that asks for a person.
CREATE TABLE handoffs (
  site TEXT NOT NULL,
  conversation TEXT NOT NULL,
  id TEXT NOT NULL,
  reason TEXT NOT NULL,
  locale TEXT NOT NULL,
  created_ms REAL NOT NULL,
  PRIMARY KEY (site, conversation, id)
);
CREATE INDEX handoffs_newest ON handoffs (site, created_ms DESC, id, conversation);
-- Counted events; a masked question only with a consent of its own.
CREATE TABLE events (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  article TEXT,
  at_ms REAL NOT NULL,
  received_ms REAL NOT NULL,
  question_sealed TEXT,
  PRIMARY KEY (site, id)
);
CREATE INDEX events_received ON events (site, received_ms);
CREATE INDEX events_questions ON events (site, received_ms) WHERE question_sealed IS NOT NULL;
CREATE INDEX events_resealed ON events (site, id) WHERE question_sealed IS NOT NULL;
-- Each site's own keys, sealed with the deployment's: without them nothing of the site can be opened.
CREATE TABLE site_keys (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  key_sealed TEXT NOT NULL,
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
-- Conversations that were erased: what comes back from a backup or an old outbox is refused, or erased again.
CREATE TABLE tombstones (
  site TEXT NOT NULL,
  conversation TEXT NOT NULL,
  erased_ms REAL NOT NULL,
  PRIMARY KEY (site, conversation)
);
CREATE INDEX tombstones_erased ON tombstones (site, erased_ms);
-- Tokens that are taken once.
CREATE TABLE used_tokens (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_ms REAL NOT NULL,
  PRIMARY KEY (site, id)
);
CREATE INDEX used_tokens_expires ON used_tokens (site, expires_ms);
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
