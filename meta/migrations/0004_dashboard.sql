-- What a dashboard's file said, and what somebody wanted it to say.
CREATE TABLE dashboard_version (
  dashboard TEXT NOT NULL,
  version   INTEGER NOT NULL, -- 1, 2, … of each dashboard
  at        INTEGER NOT NULL, -- microseconds since 1970 UTC
  by        TEXT NOT NULL,    -- ID of the principal; empty: the file was changed on disk
  kind      TEXT NOT NULL,    -- saved, file, refused, restored
  file      TEXT NOT NULL,    -- relative to the project's folder
  etag      TEXT NOT NULL,    -- of the text
  tiles     INTEGER NOT NULL,
  text      TEXT NOT NULL,    -- YAML
  PRIMARY KEY (dashboard, version)
) STRICT;
CREATE INDEX dashboard_version_at ON dashboard_version(at);

-- Dates with words, shown on every time chart.
CREATE TABLE dashboard_annotation (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  at   INTEGER NOT NULL, -- microseconds since 1970 UTC
  till INTEGER,          -- the end of a range; null: a moment
  text TEXT NOT NULL,
  by   TEXT NOT NULL     -- ID of the principal
) STRICT;
CREATE INDEX dashboard_annotation_at ON dashboard_annotation(at);
