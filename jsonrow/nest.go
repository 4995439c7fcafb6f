package jsonrow

// nest reads a nested value without recursion, so that a hostile row costs
// bytes and no stack. It keeps one bit a level: 1 in an object, 0 in an array.
type nest struct {
	first uint64   // the outer 64 levels, which need no memory of their own
	deep  []uint64 // the others
	depth int      // levels open inside the nested value
}

func (n *nest) push(isObject bool) bool {
	if n.depth+1 >= DepthMax { // the row's own object is a level
		return false
	}
	level := n.depth
	n.depth++
	if level/64 > len(n.deep) {
		n.deep = append(n.deep, 0)
	}
	word := &n.first
	if level >= 64 {
		word = &n.deep[level/64-1]
	}
	bit := uint64(1) << (level % 64)
	if *word &^= bit; isObject {
		*word |= bit
	}
	return true
}

func (n *nest) inObject() bool {
	level := n.depth - 1
	if level < 64 {
		return n.first>>level&1 == 1
	}
	return n.deep[level/64-1]>>(level%64)&1 == 1
}

// scan reads the object or array that begins at b[p].
func (n *nest) scan(b []byte, p int) (int, flags) {
	var all flags
	for {
		// Here a value is due.
		var f flags
		p = skipSpace(b, p)
		if p < len(b) && (b[p] == '{' || b[p] == '[') {
			if !n.push(b[p] == '{') {
				return ^p, all
			}
			p = skipSpace(b, p+1)
			if p >= len(b) {
				return ^len(b), all
			}
			if b[p] != '}' && b[p] != ']' {
				if p, f = n.name(b, p); p < 0 {
					return p, all | f
				}
				all |= f
				continue
			}
			// Empty: the closing bracket is met below.
		} else {
			if p, _, f = scanValue(b, p); p < 0 {
				return p, all | f
			}
			all |= f
		}
		next, f, done := n.after(b, p)
		all |= f
		if next < 0 || done {
			return next, all
		}
		p = next
	}
}

// name reads a member's name and colon if the innermost level is an object.
func (n *nest) name(b []byte, p int) (int, flags) {
	if !n.inObject() {
		return p, 0
	}
	if p >= len(b) || b[p] != '"' {
		return ^min(p, len(b)), 0
	}
	p, f := scanString(b, p+1)
	if p < 0 {
		return p, f
	}
	if p = skipSpace(b, p); p >= len(b) || b[p] != ':' {
		return ^p, f
	}
	return p + 1, f
}

// after closes levels behind a value, until one goes on; done means that the
// outermost is closed.
func (n *nest) after(b []byte, p int) (int, flags, bool) {
	for {
		p = skipSpace(b, p)
		if p >= len(b) {
			return ^len(b), 0, false
		}
		switch c := b[p]; {
		case c == ',':
			next, f := n.name(b, skipSpace(b, p+1))
			return next, f, false
		case c == '}' && n.inObject() || c == ']' && !n.inObject():
			n.depth--
			p++
			if n.depth == 0 {
				return p, 0, true
			}
		default:
			return ^p, 0, false
		}
	}
}
