package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// tileIDBytesMax bounds a tile's id.
const tileIDBytesMax = 60

// nameTiles gives an id to every tile that has none. It is made from what the
// tile says, so that it stays when other tiles come, go or move.
func nameTiles(tiles []Tile) {
	taken := map[string]bool{}
	for _, t := range tiles {
		taken[t.ID] = true
	}
	for i, t := range tiles {
		if t.ID != "" {
			continue
		}
		base := wordsID(t)
		id := base
		for n := 2; taken[id]; n++ {
			id = fmt.Sprintf("%s_%d", base, n)
		}
		taken[id], tiles[i].ID = true, id
	}
}

// wordsID is the title in the letters of an id; a digest where that has none.
func wordsID(t Tile) string {
	const wordsMax = tileIDBytesMax - 8 // room for _2
	var b strings.Builder
	for _, c := range strings.ToLower(t.Title.In("en")) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() >= wordsMax {
			break
		}
	}
	if id := strings.Trim(b.String(), "_"); id != "" {
		return id
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{t.Title.In("ko"), t.SQL, t.Text.In("en")}, "\x00")))
	return "tile_" + hex.EncodeToString(sum[:4])
}

// checkTileID holds ids to the letters that a link and a class name may have.
func checkTileID(id string) bool {
	if id == "" || len(id) > tileIDBytesMax {
		return false
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || i > 0 && (c == '_' || c == '-') {
			continue
		}
		return false
	}
	return true
}
