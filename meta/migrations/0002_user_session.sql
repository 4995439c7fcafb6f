-- People who sign in.
CREATE TABLE user (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE, -- in lower case
  role       TEXT NOT NULL,
  disabled   INTEGER NOT NULL DEFAULT 0,
  password   TEXT NOT NULL, -- argon2id, as a PHC string
  created_at INTEGER NOT NULL, -- microseconds since 1970 UTC
  changed_at INTEGER NOT NULL -- when the password was set
) STRICT;

-- Their sessions: one a sign-in, until it is ended or too old.
CREATE TABLE session (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  token        BLOB NOT NULL UNIQUE, -- SHA-256 of what the browser holds
  user         INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,
  address      TEXT NOT NULL, -- where the sign-in came from
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_user ON session(user);
