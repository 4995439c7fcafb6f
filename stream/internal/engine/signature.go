package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"maru/stream/internal/plan"
)

// signature tells what a state was made by: the plan, and the contents of the
// seeds it joins. State of another signature is of no use, so the view is made
// anew when either changes.
func signature(p *plan.Plan) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d|%s|%s", stateVersion, p.Source.Name, p.Explain())
	for _, op := range p.Ops {
		if op.Agg != nil {
			fmt.Fprintf(h, "|%v|%v|%v", op.Agg.Partials, op.Agg.Distincts, op.Agg.Sketches)
		}
	}
	seeds := map[string]string{}
	for _, s := range p.Seeds {
		seeds[s.Name] = s.Path
	}
	for _, name := range slices.Sorted(maps.Keys(seeds)) {
		fmt.Fprintf(h, "|seed %s|", name)
		if err := copyFile(h, seeds[name]); err != nil {
			return "", fmt.Errorf("seed %s: %w", name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
