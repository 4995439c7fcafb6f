//go:build duckdb_arrow

package query

import (
	"context"
	"testing"
)

// TestSample: the newest records of each partition are kept and can be looked at.
func TestSample(t *testing.T) {
	b := topicBench(t, nil)
	k, err := b.Keeper(KeepConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	ctx := context.Background()
	kept, err := k.KeepSource(ctx, "", func(ctx context.Context) (Source, error) { return b.Sample(ctx, "api_log", apiLogColumns, 101) })
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.WaitEnd(ctx); err != nil {
		t.Fatal(err)
	}
	if st := kept.Status(); st.Err != nil || st.Rows != 101 || st.Schema.NumFields() != len(apiLogColumns)+4 {
		t.Fatalf("%+v", st)
	}
	p, err := kept.Profile(ctx, "_offset")
	if err != nil || p.Max != "1499" || p.Min != "1449" {
		t.Errorf("%v: offsets from %s to %s", err, p.Min, p.Max)
	}
	// One of two partitions is empty: the other gives all.
	kept, err = k.KeepSource(ctx, "", func(ctx context.Context) (Source, error) { return b.Sample(ctx, "plain", nil, 3) })
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.WaitEnd(ctx); err != nil || kept.Status().Rows != 3 {
		t.Errorf("%v %+v", err, kept.Status())
	}
	kept, err = k.KeepSource(ctx, "", func(ctx context.Context) (Source, error) { return b.Sample(ctx, "empty", nil, 3) })
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.WaitEnd(ctx); err != nil || kept.Status().Rows != 0 || kept.Status().Err != nil {
		t.Errorf("%v %+v", err, kept.Status())
	}
}
