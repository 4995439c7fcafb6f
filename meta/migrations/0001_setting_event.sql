CREATE TABLE setting (
  key        TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  updated_at INTEGER NOT NULL -- microseconds since 1970 UTC
) STRICT, WITHOUT ROWID;

-- What happened to services: the newest EventsMax of them.
CREATE TABLE event (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL, -- microseconds since 1970 UTC
  service TEXT NOT NULL,
  kind    TEXT NOT NULL,
  text    TEXT NOT NULL
) STRICT;
