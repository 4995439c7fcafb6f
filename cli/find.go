package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"maru"
	"maru/project"
	"maru/web"
)

// stateFolder is where a project keeps its data unless --data says otherwise.
const stateFolder = ".maru"

// serverInfo is run/server.json of a data directory: how clients on this
// machine find the server.
type serverInfo struct {
	HTTP    string    `json:"http"`
	Kafka   string    `json:"kafka"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// serverInfoMax bounds that file.
const serverInfoMax = 64 << 10

// serverFlags are those of every verb that asks a server.
func serverFlags(fs *flag.FlagSet) {
	fs.String("server", "", "`url` of the server; else MARU_SERVER, else the one of the data directory, else http://"+web.DefaultAddr)
	fs.String("data", "", "data `dir` of a server on this machine; else MARU_DATA, else .maru here or in the project")
}

// projectDir is the nearest folder, from here up, that has a maru.yaml.
func projectDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, project.SettingsFile)); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// dataDir is the data directory that the user means, "" when there is none.
func dataDir(named string) string {
	if named != "" {
		return named
	}
	if env := envData(); env != "" {
		return env
	}
	if isDir(stateFolder) {
		return stateFolder
	}
	if p := projectDir(); p != "" && isDir(filepath.Join(p, stateFolder)) {
		return filepath.Join(p, stateFolder)
	}
	return ""
}

func envData() string { return os.Getenv("MARU_DATA") }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func readServerInfo(data string) (serverInfo, bool) {
	var i serverInfo
	file := filepath.Join(data, "run", "server.json")
	info, err := os.Stat(file)
	if err != nil || info.Size() > serverInfoMax {
		return i, false
	}
	text, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(text, &i) != nil {
		return i, false
	}
	return i, i.HTTP != ""
}

// findServer decides whom to ask, and with which token.
func (c *call) findServer() (*client, error) {
	data := dataDir(c.text("data"))
	address := c.text("server")
	if address == "" {
		address = os.Getenv("MARU_SERVER")
	}
	if address == "" && data != "" {
		if i, ok := readServerInfo(data); ok {
			address = i.HTTP
		}
	}
	if address == "" {
		address = web.DefaultAddr
	}
	base, err := serverURL(address)
	if err != nil {
		return nil, c.wrong("%v", err)
	}
	if data == "" {
		data = startedHere(base.Host)
	}
	token, err := findToken(base, data)
	if err != nil {
		return nil, err
	}
	return newClient(base, token), nil
}

func serverURL(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, fmt.Errorf("server %q is no address: write http://host:port", address)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

// findToken takes MARU_TOKEN, else that of the data directory, which it does
// not send to other machines.
func findToken(base *url.URL, data string) (string, error) {
	if t := strings.TrimSpace(os.Getenv("MARU_TOKEN")); t != "" {
		return t, nil
	}
	if data == "" || !isLoopback(base.Hostname()) {
		return "", nil // the server's answer says what to do
	}
	t, err := web.ReadToken(web.TokenFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return t, err
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// bootstrapFlag is that of every verb that needs only the log.
func bootstrapFlag(fs *flag.FlagSet) {
	fs.String("bootstrap", "", "`host:port` of the log; else MARU_BOOTSTRAP, else that of the server here, else 127.0.0.1:9092")
}

const defaultKafka = "127.0.0.1:9092"

func (c *call) bootstrap() []string {
	address := c.text("bootstrap")
	if address == "" {
		address = os.Getenv("MARU_BOOTSTRAP")
	}
	if data := dataDir(""); address == "" && data != "" {
		if i, ok := readServerInfo(data); ok {
			address = i.Kafka
		}
	}
	if address == "" {
		address = defaultKafka
	}
	var seeds []string
	for a := range strings.SplitSeq(address, ",") {
		if a = strings.TrimSpace(a); a != "" {
			seeds = append(seeds, a)
		}
	}
	return seeds
}

// userState is where maru keeps what belongs to a user, not to a project.
func userState() (string, error) {
	if s := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(s) {
		return filepath.Join(s, "maru"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "maru"), nil
}

// startedFile remembers which data directory the server on a port has, so
// that a client started elsewhere finds its token.
func startedFile(address string) (string, error) {
	dir, err := userState()
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "servers", port), nil
}

// rememberServer notes that the server on address has the data directory.
func rememberServer(address, data string) error {
	abs, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	file, err := startedFile(address)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(abs+"\n"), 0o600)
}

// startedHere is the inverse of rememberServer, "" when nothing is known.
func startedHere(address string) string {
	file, err := startedFile(address)
	if err != nil {
		return ""
	}
	const pathMax = 4096
	text, err := os.ReadFile(file)
	if err != nil || len(text) > pathMax {
		return ""
	}
	dir := strings.TrimSpace(string(text))
	if !filepath.IsAbs(dir) || !isDir(dir) {
		return ""
	}
	return dir
}

var errNoToken = maru.Errorf(maru.Unauthenticated, "no token: name the server's data directory with --data, or set MARU_TOKEN")
