package group

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"

	"maru/broker/internal/commitlog"
)

// memTable is a Table whose writes are durable at once.
type memTable struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (t *memTable) Put(entries ...commitlog.Entry) *commitlog.Commit {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		if e.Value == nil {
			delete(t.m, e.Key)
			continue
		}
		t.m[e.Key] = e.Value
	}
	return nil
}

func (t *memTable) Each(prefix string, fn func(string, []byte) bool) {
	for k, v := range t.m {
		if strings.HasPrefix(k, prefix) && !fn(k, v) {
			return
		}
	}
}

func newTable() *memTable { return &memTable{m: map[string][]byte{}} }

// start opens a coordinator that runs until the test ends.
func start(t *testing.T, cfg Config, table Table) *Coordinator {
	t.Helper()
	c, err := Open(cfg, table)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return c
}

func request(group, member string) JoinRequest {
	return JoinRequest{Group: group, MemberID: member, ClientID: "c", Session: 10 * time.Second, Rebalance: 20 * time.Second,
		ProtocolType: "consumer", Protocols: []Protocol{{Name: "range", Metadata: []byte("m")}}}
}

func static(r JoinRequest, instance string) JoinRequest {
	r.InstanceID = &instance
	return r
}

// joinAll sends the requests together and gives the answers in their order.
func joinAll(c *Coordinator, rs ...JoinRequest) []JoinResult {
	out := make([]JoinResult, len(rs))
	var wg sync.WaitGroup
	for i, r := range rs {
		wg.Go(func() { out[i] = c.Join(context.Background(), r) })
	}
	wg.Wait()
	return out
}

// settle syncs every answer, the leader's with an assignment "id@generation".
func settle(t *testing.T, c *Coordinator, group string, joined []JoinResult) {
	t.Helper()
	assignments := map[string][]byte{}
	for _, j := range joined {
		if j.Err != nil {
			t.Fatalf("join: %v", j.Err)
		}
		assignments[j.MemberID] = fmt.Appendf(nil, "%s@%d", j.MemberID, j.Generation)
	}
	var wg sync.WaitGroup
	for _, j := range joined {
		wg.Go(func() {
			r := SyncRequest{Group: group, MemberID: j.MemberID, Generation: j.Generation}
			if j.Leader == j.MemberID {
				r.Assignments = assignments
			}
			got := c.Sync(context.Background(), r)
			if want := string(assignments[j.MemberID]); got.Err != nil || string(got.Assignment) != want {
				t.Errorf("sync of %s: %q, %v; want %q", j.MemberID, got.Assignment, got.Err, want)
			}
		})
	}
	wg.Wait()
}

// form makes a stable group of n members.
func form(t *testing.T, c *Coordinator, group string, n int) []JoinResult {
	t.Helper()
	ids := make([]JoinRequest, n)
	for i := range ids {
		r := request(group, "")
		r.NeedsMemberID = true
		j := c.Join(context.Background(), r)
		if j.Err != kerr.MemberIDRequired || j.MemberID == "" {
			t.Fatalf("first join: %+v, want MEMBER_ID_REQUIRED and an id", j)
		}
		ids[i] = request(group, j.MemberID)
	}
	joined := joinAll(c, ids...)
	settle(t, c, group, joined)
	return joined
}

func TestGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{}, newTable())
		joined := form(t, c, "g", 3)
		leaders := 0
		for _, j := range joined {
			if j.Generation != 1 || j.Protocol != "range" || j.ProtocolType != "consumer" {
				t.Errorf("answer %+v", j)
			}
			if j.Leader == j.MemberID {
				leaders++
				if len(j.Members) != 3 {
					t.Errorf("the leader sees %d members, want 3", len(j.Members))
				}
			} else if j.Members != nil {
				t.Error("a follower sees members")
			}
			if err := c.Heartbeat("g", j.MemberID, nil, 1); err != nil {
				t.Errorf("heartbeat: %v", err)
			}
		}
		if leaders != 1 {
			t.Errorf("%d leaders", leaders)
		}
		d, _ := c.Describe("g")
		if d.State != "Stable" || len(d.Members) != 3 {
			t.Errorf("described as %+v", d)
		}
	})
}

func TestRebalanceOnNewMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{}, newTable())
		old := form(t, c, "g", 2)
		late := make(chan JoinResult, 1)
		go func() { late <- c.Join(context.Background(), request("g", "")) }()
		synctest.Wait()
		for _, j := range old {
			if err := c.Heartbeat("g", j.MemberID, nil, 1); err != kerr.RebalanceInProgress {
				t.Fatalf("heartbeat says %v, want REBALANCE_IN_PROGRESS", err)
			}
		}
		joined := append(joinAll(c, request("g", old[0].MemberID), request("g", old[1].MemberID)), <-late)
		settle(t, c, "g", joined)
		if g := joined[2].Generation; g != 2 {
			t.Errorf("generation %d, want 2", g)
		}
		if err := c.Heartbeat("g", old[0].MemberID, nil, 1); err != kerr.IllegalGeneration {
			t.Errorf("heartbeat of generation 1: %v", err)
		}
	})
}

func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{}, newTable())
		joined := form(t, c, "g", 2)
		alive, silent := joined[0].MemberID, joined[1].MemberID
		for range 3 {
			time.Sleep(4 * time.Second)
			_ = c.Heartbeat("g", alive, nil, 1)
		}
		if err := c.Heartbeat("g", silent, nil, 1); err != kerr.UnknownMemberID {
			t.Fatalf("the silent member's heartbeat: %v", err)
		}
		again := joinAll(c, request("g", alive))
		settle(t, c, "g", again)
		if again[0].Leader != alive || again[0].Generation != 2 {
			t.Errorf("after the other is gone: %+v", again[0])
		}
		time.Sleep(11 * time.Second)
		if d, _ := c.Describe("g"); d.State != "Empty" {
			t.Errorf("state %s, want Empty", d.State)
		}
	})
}

func TestMemberThatDoesNotRejoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{}, newTable())
		joined := form(t, c, "g", 2)
		began := time.Now()
		late := make(chan JoinResult, 1)
		go func() { late <- c.Join(context.Background(), request("g", "")) }()
		synctest.Wait()
		// One heartbeats on without joining, the other joins.
		go func() {
			for range 10 {
				_ = c.Heartbeat("g", joined[1].MemberID, nil, 1)
				time.Sleep(3 * time.Second)
			}
		}()
		again := append(joinAll(c, request("g", joined[0].MemberID)), <-late)
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("the rebalance took %s, want the rebalance timeout of 20s", took)
		}
		settle(t, c, "g", again)
		if err := c.Heartbeat("g", joined[1].MemberID, nil, 2); err != kerr.UnknownMemberID {
			t.Errorf("the one that did not join: %v", err)
		}
		time.Sleep(time.Minute)
	})
}

func TestMemberThatDoesNotSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{}, newTable())
		first := c.Join(context.Background(), request("g", ""))
		// It heartbeats, so only the missing SyncGroup can be its end.
		for range 8 {
			time.Sleep(3 * time.Second)
			_ = c.Heartbeat("g", first.MemberID, nil, first.Generation)
		}
		if err := c.Heartbeat("g", first.MemberID, nil, first.Generation); err != kerr.UnknownMemberID {
			t.Errorf("heartbeat after the rebalance timeout without sync: %v", err)
		}
	})
}

func TestClientGoesWhileJoining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{}, newTable())
		old := form(t, c, "g", 1)
		ctx, gone := context.WithCancel(context.Background())
		res := make(chan JoinResult, 1)
		go func() { res <- c.Join(ctx, request("g", "")) }()
		synctest.Wait()
		gone()
		if r := <-res; r.Err == nil {
			t.Fatalf("join of a client that left: %+v", r)
		}
		began := time.Now()
		again := joinAll(c, request("g", old[0].MemberID))
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("waited %s for a client that is gone, want at most its session", took)
		}
		settle(t, c, "g", again)
	})
}

func TestStaticMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{}, newTable())
		joined := joinAll(c, static(request("g", ""), "a"))
		settle(t, c, "g", joined)
		first := joined[0]

		r := static(request("g", ""), "a")
		r.SkipsAssignment = true
		again := c.Join(context.Background(), r)
		if again.Err != nil || again.Generation != first.Generation || !again.SkipAssignment || again.Leader != again.MemberID || again.MemberID == first.MemberID {
			t.Fatalf("a restarted static leader got %+v, want the same generation and no assignment to make", again)
		}
		got := c.Sync(context.Background(), SyncRequest{Group: "g", MemberID: again.MemberID, InstanceID: r.InstanceID, Generation: again.Generation})
		if want := first.MemberID + "@1"; string(got.Assignment) != want {
			t.Errorf("it has assignment %q, %v; want %q", got.Assignment, got.Err, want)
		}
		if err := c.Heartbeat("g", first.MemberID, r.InstanceID, 1); err != kerr.FencedInstanceID {
			t.Errorf("its former self: %v, want FENCED_INSTANCE_ID", err)
		}
		r.SkipsAssignment = false
		older := c.Join(context.Background(), r)
		if older.Err != nil || older.Leader == older.MemberID || older.Members != nil {
			t.Errorf("an old client that restarts is told to lead: %+v", older)
		}
		if err := c.Leave("g", "", r.InstanceID); err != nil {
			t.Errorf("leave by instance id: %v", err)
		}
		if err := c.Leave("g", "", r.InstanceID); err != kerr.UnknownMemberID {
			t.Errorf("leave again: %v", err)
		}
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{MembersMax: 2, GroupsMax: 3}, newTable())
		form(t, c, "g", 1)
		short, foreign, strange := request("g", ""), request("g", ""), request("g", "")
		short.Session = time.Second
		foreign.ProtocolType = "connect"
		strange.Protocols = []Protocol{{Name: "other"}}
		for _, tc := range []struct {
			name string
			r    JoinRequest
			want error
		}{
			{"no group", request("", ""), kerr.InvalidGroupID},
			{"short session", short, kerr.InvalidSessionTimeout},
			{"other type", foreign, kerr.InconsistentGroupProtocol},
			{"no common protocol", strange, kerr.InconsistentGroupProtocol},
			{"unknown member", request("g", "nobody"), kerr.UnknownMemberID},
			{"unknown group", request("h", "nobody"), kerr.UnknownMemberID},
		} {
			if got := c.Join(context.Background(), tc.r); got.Err != tc.want {
				t.Errorf("%s: %v, want %v", tc.name, got.Err, tc.want)
			}
		}
		need := request("g", "")
		need.NeedsMemberID = true
		c.Join(context.Background(), need)
		if got := c.Join(context.Background(), need); got.Err != kerr.GroupMaxSizeReached {
			t.Errorf("third member of two: %v", got.Err)
		}
		for i := range 2 {
			_ = c.Commit(context.Background(), CommitRequest{Group: fmt.Sprint(i), Generation: -1})
		}
		if got := c.Join(context.Background(), request("new", "")); got.Err != kerr.PolicyViolation {
			t.Errorf("fourth group of three: %v", got.Err)
		}
	})
}

func TestInitialDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Config{InitialDelay: 3 * time.Second}, newTable())
		began := time.Now()
		first := make(chan JoinResult, 1)
		go func() { first <- c.Join(context.Background(), request("g", "")) }()
		time.Sleep(2 * time.Second)
		joined := append(joinAll(c, request("g", "")), <-first)
		settle(t, c, "g", joined)
		if took := time.Since(began); took != 3*time.Second || joined[0].Generation != 1 {
			t.Errorf("both in generation %d after %s, want 1 after 3s", joined[0].Generation, took)
		}
	})
}

func TestOffsets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := newTable()
		c := start(t, Config{}, table)
		ctx := context.Background()
		joined := form(t, c, "g", 1)
		commit := func(member string, generation int32, offset int64) error {
			return c.Commit(ctx, CommitRequest{Group: "g", MemberID: member, Generation: generation,
				Offsets: []Offset{{Topic: "t", Partition: 1, Offset: offset, LeaderEpoch: 0, Metadata: "note"}}})
		}
		for _, tc := range []struct {
			name string
			err  error
			want error
		}{
			{"member", commit(joined[0].MemberID, 1, 42), nil},
			{"old generation", commit(joined[0].MemberID, 0, 1), kerr.IllegalGeneration},
			{"stranger", commit("x", 1, 1), kerr.UnknownMemberID},
			{"nobody, but the group has members", commit("", -1, 1), kerr.UnknownMemberID},
			{"generation of an unknown group", c.Commit(ctx, CommitRequest{Group: "h", Generation: 3}), kerr.IllegalGeneration},
		} {
			if tc.err != tc.want {
				t.Errorf("commit by %s: %v, want %v", tc.name, tc.err, tc.want)
			}
		}
		want := Offset{Topic: "t", Partition: 1, Offset: 42, Metadata: "note", Committed: time.Now()}
		if got, ok := c.Offset("g", "t", 1); !ok || cmp.Diff(want, got) != "" {
			t.Errorf("offset %+v %v", got, ok)
		}
		if _, ok := c.Offset("g", "t", 2); ok {
			t.Error("an offset nobody committed")
		}

		// A second life: the member goes on as it was.
		d := start(t, Config{}, table)
		want.Committed = time.UnixMilli(want.Committed.UnixMilli())
		if got := d.Offsets("g"); len(got) != 1 || cmp.Diff(want, got[0]) != "" {
			t.Errorf("after a restart: %+v", got)
		}
		if err := d.Heartbeat("g", joined[0].MemberID, nil, 1); err != nil {
			t.Errorf("heartbeat after a restart: %v", err)
		}
		got := d.Sync(ctx, SyncRequest{Group: "g", MemberID: joined[0].MemberID, Generation: 1})
		if string(got.Assignment) != joined[0].MemberID+"@1" {
			t.Errorf("assignment after a restart: %q %v", got.Assignment, got.Err)
		}
		if err := d.Delete(ctx, "g"); err != kerr.NonEmptyGroup {
			t.Errorf("delete of a group with a member: %v", err)
		}
		if err := d.Leave("g", joined[0].MemberID, nil); err != nil {
			t.Fatal(err)
		}
		if err := d.Delete(ctx, "g"); err != nil {
			t.Errorf("delete: %v", err)
		}
		if len(table.m) != 0 {
			t.Errorf("the table still holds %d entries", len(table.m))
		}
		if err := d.Delete(ctx, "g"); err != kerr.GroupIDNotFound {
			t.Errorf("delete again: %v", err)
		}
	})
}

func TestExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := newTable()
		c := start(t, Config{OffsetsRetention: time.Hour}, table)
		ctx := context.Background()
		for _, g := range []string{"plain", "maru-collect", "busy"} {
			if err := c.Commit(ctx, CommitRequest{Group: g, Generation: -1, Offsets: []Offset{{Topic: "t"}}}); err != nil {
				t.Fatal(err)
			}
		}
		go func() {
			for range 12 {
				time.Sleep(10 * time.Minute)
				_ = c.Commit(ctx, CommitRequest{Group: "busy", Generation: -1, Offsets: []Offset{{Topic: "t"}}})
			}
		}()
		time.Sleep(2 * time.Hour)
		for g, want := range map[string]bool{"plain": false, "maru-collect": true, "busy": true} {
			if _, ok := c.Offset(g, "t", 0); ok != want {
				t.Errorf("%s has an offset: %v, want %v", g, ok, want)
			}
		}
		time.Sleep(time.Minute)
		if err := c.ForgetTopic("t").Wait(ctx); err != nil {
			t.Error(err)
		}
		if got := c.Offsets("maru-collect"); len(got) != 0 {
			t.Errorf("offsets of a deleted topic: %+v", got)
		}
	})
}

func TestTableIsBad(t *testing.T) {
	for _, key := range []string{"group/", "group/\x00\x09abc", "group/\x00\x01\x00", offsetKey("g", topicPartition{"t", 0})} {
		table := newTable()
		table.m[key] = []byte{0}
		if _, err := Open(Config{}, table); err == nil || !strings.Contains(err.Error(), "group") {
			t.Errorf("key %q: %v, want an error that names the group table", key, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(metaKey("g")), []byte{0, 3})
	f.Add([]byte(offsetKey("g", topicPartition{"t", 1})), offsetValue(Offset{Offset: 3, Metadata: "x", Committed: time.UnixMilli(1)}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		table := newTable()
		table.m[keyPrefix+strings.TrimPrefix(string(key), keyPrefix)] = value
		c, err := Open(Config{}, table)
		if err != nil {
			return
		}
		for _, g := range c.List() {
			c.Describe(g.ID)
			c.Offsets(g.ID)
		}
	})
}
