-- Records of all sites of a deployment; each row knows its site. Times are milliseconds since 1970-01-01 UTC, REAL
-- because D1 binds integers of 32 bits only.
CREATE TABLE sites (
  id TEXT PRIMARY KEY,
  created_ms REAL NOT NULL
);
CREATE TABLE packs (
  site TEXT NOT NULL REFERENCES sites (id),
  language TEXT NOT NULL,
  hash TEXT NOT NULL,
  published_ms REAL NOT NULL,
  PRIMARY KEY (site, language, hash)
);
CREATE TABLE conversations (
  site TEXT NOT NULL REFERENCES sites (id),
  id TEXT NOT NULL,
  locale TEXT NOT NULL,
  created_ms REAL NOT NULL,
  PRIMARY KEY (site, id)
);
CREATE TABLE handoffs (
  site TEXT NOT NULL REFERENCES sites (id),
  id TEXT NOT NULL,
  conversation TEXT NOT NULL,
  reason TEXT NOT NULL,
  locale TEXT NOT NULL,
  created_ms REAL NOT NULL,
  transcript TEXT NOT NULL,
  PRIMARY KEY (site, id)
);
CREATE INDEX handoffs_newest ON handoffs (site, created_ms DESC);
CREATE TABLE events (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  article TEXT,
  at_ms REAL NOT NULL,
  received_ms REAL NOT NULL,
  PRIMARY KEY (site, id)
);
