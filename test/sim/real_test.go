package sim

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"maru/marutest"
)

// realData is the folder of real logs; the test is left out, and says so,
// where there is none.
func realData(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MARU_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"api-log/apache_logs.log", "api-log/auth.log", "retail", "reviews"} {
		if _, err := os.Stat(filepath.Join(dir, part)); err != nil {
			t.Skipf("no real data: %v (MARU_SHARED_DATA names its folder)", err)
		}
	}
	return dir
}

// regions are the seed that the shop's invoices are joined with. Bahrain is
// left out on purpose: a join must say so and not lose its rows.
var regions = map[string]string{
	"Australia": "Oceania", "Austria": "Europe", "Belgium": "Europe", "Channel Islands": "Europe", "Cyprus": "Europe", "Czech Republic": "Europe",
	"Denmark": "Europe", "EIRE": "Europe", "Finland": "Europe", "France": "Europe", "Germany": "Europe", "Greece": "Europe", "Hong Kong": "Asia",
	"Iceland": "Europe", "Israel": "Middle East", "Italy": "Europe", "Japan": "Asia", "Lebanon": "Middle East", "Lithuania": "Europe",
	"Netherlands": "Europe", "Norway": "Europe", "Poland": "Europe", "Portugal": "Europe", "Saudi Arabia": "Middle East", "Singapore": "Asia",
	"Spain": "Europe", "Sweden": "Europe", "Switzerland": "Europe", "United Arab Emirates": "Middle East", "United Kingdom": "United Kingdom",
}

func regionOf(country string) string {
	if r, ok := regions[country]; ok {
		return r
	}
	return "elsewhere"
}

// realProject collects all of the data. Nothing is declared but what a stream
// needs to begin before the first row.
func realProject(t testing.TB, data string) string {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) { marutest.WriteFile(t, filepath.Join(dir, filepath.FromSlash(name)), text) }
	collect := func(name, glob string) {
		file("collectors/"+name+".yaml", fmt.Sprintf("files: [%q]\ntopic: %s\nfollow: false\n", filepath.Join(data, filepath.FromSlash(glob)), name))
	}
	stream := func(name, sql string) {
		file("streams/"+name+".sql", "/* maru\nemit: changes\nstate: unbounded\n*/\n"+sql+"\n")
	}
	file("maru.yaml", "name: real\ntime_zone: UTC\n")
	collect("access", "api-log/apache_logs.log")
	collect("auth", "api-log/auth.log")
	collect("retail", "retail/*.csv")
	collect("reviews", "reviews/*.json")
	file("topics/retail.yaml", `columns:
  InvoiceNo: VARCHAR
  StockCode: VARCHAR
  Description: VARCHAR
  Quantity: BIGINT
  InvoiceDate: TIMESTAMPTZ
  UnitPrice: DOUBLE
  CustomerID: DOUBLE
  Country: VARCHAR
`)
	seed := "country,region\n"
	for _, c := range slices.Sorted(maps.Keys(regions)) {
		seed += c + "," + regions[c] + "\n"
	}
	file("seeds/countries.csv", seed)
	stream("status_counts", "SELECT status, count(*) AS n FROM access GROUP BY status")
	stream("invalid_users", `SELECT regexp_extract(message, '^Invalid user (.*) from ', 1) AS user, count(*) AS n
FROM auth WHERE message LIKE 'Invalid user %' GROUP BY ALL`)
	stream("sales", `SELECT coalesce(c.region, 'elsewhere') AS region, r.Country AS country, count(*) AS n, sum(Quantity) AS pieces, count(CustomerID) AS known
FROM retail r LEFT JOIN countries c ON r.Country = c.country GROUP BY ALL`)
	stream("ratings", "SELECT rating, count(*) AS n FROM reviews GROUP BY rating")
	return dir
}

// tally is what is counted of one key.
type tally struct{ n, pieces, known int64 }

// plain is what Go counts in the files by itself.
type plain struct {
	status, users, accepted, ratings, regions map[string]tally
	sales                                     map[string]tally // region|country
	rows                                      map[string]int64 // by topic
}

func bump(m map[string]tally, key string, t tally) {
	was := m[key]
	m[key] = tally{was.n + t.n, was.pieces + t.pieces, was.known + t.known}
}

func countPlainly(t testing.TB, data string) *plain {
	t.Helper()
	p := &plain{status: map[string]tally{}, users: map[string]tally{}, accepted: map[string]tally{}, ratings: map[string]tally{},
		regions: map[string]tally{}, sales: map[string]tally{}, rows: map[string]int64{}}
	logLines(t, filepath.Join(data, "api-log", "apache_logs.log"), func(line []byte) {
		p.rows["access"]++
		// As awk -F'"' '{split($3, a, " "); n[a[1]]++}' does.
		bump(p.status, strings.Fields(strings.Split(string(line), `"`)[2])[0], tally{n: 1})
	})
	accepted := regexp.MustCompile(`sshd\[\d+\]: Accepted \w+ for (\S+) from `)
	logLines(t, filepath.Join(data, "api-log", "auth.log"), func(line []byte) {
		p.rows["auth"]++
		if _, rest, ok := strings.Cut(string(line), "]: Invalid user "); ok {
			bump(p.users, rest[:strings.LastIndex(rest, " from ")], tally{n: 1})
		}
		if m := accepted.FindSubmatch(line); m != nil {
			bump(p.accepted, string(m[1]), tally{n: 1})
		}
	})
	p.countRetail(t, filepath.Join(data, "retail", "*.csv"))
	p.countReviews(t, filepath.Join(data, "reviews", "*.json"))
	return p
}

func eachFile(t testing.TB, glob string, do func(f *os.File) error) {
	t.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", glob, len(files), err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err == nil {
			err = do(f)
			f.Close()
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func (p *plain) countRetail(t testing.TB, glob string) {
	t.Helper()
	eachFile(t, glob, func(f *os.File) error {
		all, err := csv.NewReader(f).ReadAll()
		if err != nil {
			return err
		}
		for _, r := range all[1:] {
			pieces, err := strconv.ParseInt(r[3], 10, 64)
			if err != nil {
				return err
			}
			one := tally{n: 1, pieces: pieces}
			if r[6] != "" {
				one.known = 1
			}
			p.rows["retail"]++
			bump(p.regions, regionOf(r[7]), one)
			bump(p.sales, regionOf(r[7])+"|"+r[7], one)
		}
		return nil
	})
}

func (p *plain) countReviews(t testing.TB, glob string) {
	t.Helper()
	eachFile(t, glob, func(f *os.File) error {
		var all []struct{ Rating string }
		if err := json.NewDecoder(f).Decode(&all); err != nil {
			return err
		}
		for _, r := range all {
			p.rows["reviews"]++
			bump(p.ratings, r.Rating, tally{n: 1})
		}
		return nil
	})
}

// asked is what maru sql answers: the keys, then one number or the three of a
// tally, as their names say.
func asked(t testing.TB, n *marutest.Node, sql string) (map[string]tally, error) {
	t.Helper()
	r := n.Maru("sql", "-q", sql, "--format", "csv")
	if r.Code != 0 {
		return nil, fmt.Errorf("maru sql -q %q: exit code %d: %s", sql, r.Code, r.Stderr)
	}
	lines, err := csv.NewReader(strings.NewReader(r.Stdout)).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string]tally{}
	for _, line := range lines[1:] {
		var keys []string
		var one tally
		into := map[string]*int64{"n": &one.n, "pieces": &one.pieces, "known": &one.known}
		for i, v := range line {
			number, ok := into[lines[0][i]]
			if !ok {
				keys = append(keys, v)
				continue
			}
			if *number, err = strconv.ParseInt(v, 10, 64); err != nil {
				return nil, err
			}
		}
		key := strings.Join(keys, "|")
		if _, twice := out[key]; twice {
			t.Errorf("%s: %q is there twice", sql, key)
		}
		out[key] = one
	}
	return out, nil
}

// TestRealInput: real logs, invoices and reviews are collected, joined and
// counted, by SQL over the topics and by streams, and the counts are those
// that a few lines of Go find in the files.
func TestRealInput(t *testing.T) {
	data := realData(t)
	n := marutest.Start(t, marutest.Options{Project: realProject(t, data)})
	want := countPlainly(t, data)
	topics := maps.Clone(want.rows)
	for topic := range want.rows {
		topics[topic+"_rejected"] = 0
	}
	await(t, n, topics)
	for _, q := range []struct {
		sql  string
		want map[string]tally
	}{
		{"SELECT status, count(*) AS n FROM access GROUP BY ALL", want.status},
		{`SELECT regexp_extract(message, '^Invalid user (.*) from ', 1) AS "user", count(*) AS n FROM auth WHERE message LIKE 'Invalid user %' GROUP BY ALL`, want.users},
		{`SELECT regexp_extract(message, '^Accepted \w+ for (\S+) from ', 1) AS "user", count(*) AS n FROM auth WHERE app = 'sshd' AND message LIKE 'Accepted %' GROUP BY ALL`, want.accepted},
		{"SELECT coalesce(c.region, 'elsewhere') AS region, count(*) AS n, sum(Quantity) AS pieces, count(CustomerID) AS known FROM retail r LEFT JOIN countries c ON r.Country = c.country GROUP BY ALL", want.regions},
		{"SELECT rating, count(*) AS n FROM reviews GROUP BY ALL", want.ratings},
	} {
		got, err := asked(t, n, q.sql)
		if err != nil {
			t.Error(err)
			continue
		}
		same(t, q.sql, q.want, got)
	}
	for view, counts := range map[string]map[string]tally{"status_counts": want.status, "invalid_users": want.users, "sales": want.sales, "ratings": want.ratings} {
		var got map[string]tally
		if err := marutest.Poll(20*time.Second, func() (err error) {
			if got, err = asked(t, n, "FROM "+view); err == nil && !maps.Equal(got, counts) {
				err = fmt.Errorf("view %s has other counts", view)
			}
			return err
		}); err != nil {
			t.Error(err)
			same(t, view, counts, got)
		}
	}
}
