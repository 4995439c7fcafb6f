package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime"
	"time"

	"maru"
	"maru/run"
	"maru/web"
)

func doctorVerb() *verb {
	return &verb{
		name: "doctor", short: "look over a server: services, restarts, limits, disks",
		long: `Asks the server how it is. When none answers, it says so and shows what can be seen
without one. Fails when the server is not there, or a service is not running.`,
		examples: []example{{"maru doctor", ""}, {"maru doctor --json", "the server's whole report"}},
		flags: func(fs *flag.FlagSet) {
			serverFlags(fs)
			fs.Bool("json", false, "print one JSON object")
		},
		run: runDoctor,
	}
}

// diagnosis is the answer of maru doctor --json.
type diagnosis struct {
	Client    string      `json:"client"`
	Server    string      `json:"server"`
	Reachable bool        `json:"reachable"`
	Error     string      `json:"error,omitempty"`
	DataDir   string      `json:"data_dir,omitempty"`
	Report    *web.Report `json:"report,omitempty"`
}

func runDoctor(ctx context.Context, c *call) error {
	cl, err := c.findServer()
	if err != nil {
		return err
	}
	d := diagnosis{Client: fullVersion(), Server: cl.base.String(), DataDir: dataDir(c.text("data"))}
	var report web.Report
	if err := cl.json(ctx, "GET", "/api/doctor", nil, &report); err != nil {
		d.Error = err.Error()
	} else {
		d.Reachable, d.Report = true, &report
	}
	if c.bool("json") {
		if err := printJSON(c.out, d); err != nil {
			return err
		}
	} else {
		d.print(c.out)
	}
	if !d.healthy() {
		return errFailed
	}
	return nil
}

func (d diagnosis) healthy() bool {
	if !d.Reachable || len(d.Report.Problems) > 0 {
		return false
	}
	for _, s := range d.Report.Services {
		if s.State != run.Running && s.State != run.Starting {
			return false
		}
	}
	return true
}

func (d diagnosis) print(w io.Writer) {
	fmt.Fprintf(w, "client   maru %s, %s %s/%s\n", d.Client, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if !d.Reachable {
		fmt.Fprintf(w, "server   not reachable: %s\n", cleanText(d.Error))
		d.printOffline(w)
		return
	}
	r := d.Report
	fmt.Fprintf(w, "server   maru %s at %s", cleanText(r.Version), d.Server)
	if !r.Started.IsZero() {
		fmt.Fprintf(w, ", up %s", maru.SystemClock.Now().Sub(r.Started).Round(time.Second))
	}
	fmt.Fprintln(w)
	for _, line := range [][2]string{{"kafka", r.Kafka}, {"data", r.DataDir}, {"project", r.ProjectDir}} {
		if line[1] != "" {
			fmt.Fprintf(w, "%-8s %s\n", line[0], cleanText(line[1]))
		}
	}
	for _, v := range r.Versions {
		fmt.Fprintf(w, "%-8s %s\n", cleanText(v.Name), cleanText(v.Version))
	}
	printServices(w, r.Services)
	printLimits(w, r.Limits)
	printDisks(w, r.Disks)
	for _, p := range r.Problems {
		fmt.Fprintf(w, "\nproblem: %s\n", oneLine(p))
	}
}

func (d diagnosis) printOffline(w io.Writer) {
	if d.DataDir == "" {
		fmt.Fprintln(w, "data     no data directory is known here: name one with --data")
		return
	}
	fmt.Fprintf(w, "data     %s\n", d.DataDir)
	if i, ok := readServerInfo(d.DataDir); ok {
		fmt.Fprintf(w, "         its last server: %s, kafka %s, process %d, started %s\n", cleanText(i.HTTP), cleanText(i.Kafka), i.PID, i.Started.Format(time.RFC3339))
	}
	if free, total, err := run.DiskFree(d.DataDir); err == nil {
		printDisks(w, []web.Disk{{Path: d.DataDir, Free: free, Total: total}})
	}
}

func printServices(w io.Writer, services []run.ServiceStatus) {
	var rows [][]string
	for _, s := range services {
		pid := ""
		if s.PID > 0 {
			pid = fmt.Sprint(s.PID)
		}
		rows = append(rows, []string{cleanText(s.Name), string(s.State), since(s.Since), fmt.Sprint(s.Restarts), pid, cleanText(s.LastError)})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		grid(w, []string{"service", "state", "since", "restarts", "pid", "last error"}, rows)
	}
}

func printLimits(w io.Writer, limits []web.Limit) {
	var rows [][]string
	for _, l := range limits {
		used, most, share := countText(l.Used), countText(l.Max), ""
		if l.Unit == "bytes" {
			used, most = bytesText(l.Used), bytesText(l.Max)
		}
		if l.Max > 0 {
			share = fmt.Sprintf("%.0f%%", 100*float64(l.Used)/float64(l.Max))
		}
		rows = append(rows, []string{cleanText(l.Name), used, most, share})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		grid(w, []string{"limit", "used", "of", ""}, rows)
	}
}

func printDisks(w io.Writer, disks []web.Disk) {
	var rows [][]string
	for _, d := range disks {
		rows = append(rows, []string{cleanText(d.Path), bytesText(int64(min(d.Free, 1<<62))), bytesText(int64(min(d.Total, 1<<62)))})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		grid(w, []string{"disk", "free", "of"}, rows)
	}
}

// since is how long ago t was.
func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return maru.SystemClock.Now().Sub(t).Round(time.Second).String()
}
