package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"maru"
)

// initFiles are what Init writes, in order; NAME stands for the project's name.
var initFiles = []struct{ file, text string }{
	{"maru.yaml", `# The project's settings. Folder = kind, file name = name:
#   collectors/  get data in      topics/  what is known of a topic
#   streams/     SQL that never ends      seeds/  small tables kept in git
name: NAME
time_zone: UTC
`},
	{"collectors/requests.yaml", `# Follows files into a topic. Rotated files are read to their end first.
files: [log/*.ndjson]
topic: requests
format: ndjson
`},
	{"topics/requests.yaml", `# Without this file the columns are inferred from the first rows.
partitions: 1
retention: 7d
time: ts          # event time
watermark: 5s     # how late a row may come
columns:
  ts: TIMESTAMPTZ
  user: VARCHAR
  method: VARCHAR
  path: VARCHAR
  status: BIGINT
  ms: DOUBLE
`},
	{"streams/requests_1m.sql", `/* maru
emit: changes     # or: window close
*/
SELECT window_start, path, status,
       count(*) AS requests,
       avg(ms) AS avg_ms
FROM tumble(requests, ts, INTERVAL '1' MINUTE)
GROUP BY window_start, path, status
`},
	{"seeds/status_names.csv", `status,name
200,OK
201,Created
301,Moved Permanently
304,Not Modified
400,Bad Request
401,Unauthorized
403,Forbidden
404,Not Found
429,Too Many Requests
500,Internal Server Error
503,Service Unavailable
`},
	{"log/sample.ndjson", `{"ts":"2026-01-05T09:00:00.000Z","user":"ann","method":"GET","path":"/cart","status":200,"ms":12.5}
{"ts":"2026-01-05T09:00:00.150Z","user":"ann","method":"GET","path":"/cart","status":200,"ms":11.9}
{"ts":"2026-01-05T09:00:07.420Z","user":"bob","method":"POST","path":"/orders","status":201,"ms":48.1}
{"ts":"2026-01-05T09:01:02.000Z","user":"cho","method":"GET","path":"/items/7","status":404,"ms":3.2}
`},
	{".gitignore", `# state and secrets of this machine
.maru/
.env
`},
}

// Init writes a small project that starts into dir, which may exist. Nothing
// that is there is overwritten; maru.Conflict when dir is a project already.
// An empty name is made from the folder's. It gives the files written.
func Init(dir, name string) ([]string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("init %s: %w", dir, err)
	}
	if name == "" {
		name = nameFor(filepath.Base(abs))
	}
	if err := maru.CheckName(name); err != nil {
		return nil, &maru.Error{Op: "project name", Kind: maru.Invalid, Err: err}
	}
	if _, err := os.Lstat(filepath.Join(abs, SettingsFile)); err == nil {
		return nil, maru.Errorf(maru.Conflict, "%s is a project already: it has a %s", dir, SettingsFile)
	}
	var written []string
	for _, f := range initFiles {
		made, err := writeNew(filepath.Join(abs, filepath.FromSlash(f.file)), strings.ReplaceAll(f.text, "NAME", name))
		if err != nil {
			return written, fmt.Errorf("init %s: %w", dir, err)
		}
		if made {
			written = append(written, f.file)
		}
	}
	return written, nil
}

func writeNew(full, text string) (bool, error) {
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return false, err
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = f.WriteString(text)
	return true, errors.Join(err, f.Close())
}
