package gen

// waiting holds rows until they are written: a heap by the time of writing,
// and by order of arrival where that is equal, so that a run is repeatable.
type waiting struct {
	items []waitingItem
	seq   uint64
}

type waitingItem struct {
	at   int64
	seq  uint64
	call call
}

func (w *waiting) first() (int64, bool) {
	if len(w.items) == 0 {
		return 0, false
	}
	return w.items[0].at, true
}

func (w *waiting) before(i, j int) bool {
	a, b := &w.items[i], &w.items[j]
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

func (w *waiting) push(at int64, c call) {
	w.seq++
	w.items = append(w.items, waitingItem{at, w.seq, c})
	for i := len(w.items) - 1; i > 0; {
		parent := (i - 1) / 2
		if !w.before(i, parent) {
			return
		}
		w.items[i], w.items[parent] = w.items[parent], w.items[i]
		i = parent
	}
}

func (w *waiting) pop() call {
	top := w.items[0].call
	last := len(w.items) - 1
	w.items[0] = w.items[last]
	w.items = w.items[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top
		}
		if child+1 < last && w.before(child+1, child) {
			child++
		}
		if !w.before(child, i) {
			return top
		}
		w.items[i], w.items[child] = w.items[child], w.items[i]
		i = child
	}
}
