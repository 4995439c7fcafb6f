-- What the pages keep of a person: one JSON object.
CREATE TABLE workspace_preference (
  owner      TEXT PRIMARY KEY, -- ID of the principal
  body       TEXT NOT NULL,
  changed_at INTEGER NOT NULL -- microseconds since 1970 UTC
) STRICT;

CREATE TABLE workspace_query (
  id         TEXT PRIMARY KEY,
  owner      TEXT NOT NULL,
  name       TEXT NOT NULL,
  sql        TEXT NOT NULL,
  params     TEXT NOT NULL, -- a JSON object
  shared     INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX workspace_query_owner ON workspace_query(owner);

-- Statements that have ended: the newest of each owner.
CREATE TABLE workspace_run (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  owner      TEXT NOT NULL,
  id         TEXT NOT NULL, -- of the result
  sql        TEXT NOT NULL,
  params     TEXT NOT NULL,
  state      TEXT NOT NULL,
  error      TEXT NOT NULL,
  rows       INTEGER NOT NULL,
  ms         INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX workspace_run_owner ON workspace_run(owner, number);

-- How each service was, once a minute, for two days.
CREATE TABLE sample (
  at       INTEGER NOT NULL, -- microseconds since 1970 UTC
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  state    TEXT NOT NULL,
  rate     REAL, -- rows a second; null when it is not known
  late     INTEGER NOT NULL, -- rows in the minute
  lag      INTEGER NOT NULL,
  restarts INTEGER NOT NULL, -- in the minute
  PRIMARY KEY (at, kind, name)
) STRICT, WITHOUT ROWID;
