package tail

// blockBytes is the most that one read asks for: what is read is parsed while
// it is still in the processor's cache.
const blockBytes = 256 << 10

// Window holds the bytes around a reader's place: those not used yet, and the
// last BehindMax before them. A window can be lent to one log after another.
type Window struct {
	buf  []byte
	r, w int
}

// NewWindow makes a window for records of up to recordMax bytes.
func NewWindow(recordMax int) *Window {
	return &Window{buf: make([]byte, BehindMax+recordMax+2*blockBytes)}
}

// Unread is what was read and not used yet; valid until the next Fill.
func (w *Window) Unread() []byte { return w.buf[w.r:w.w] }

// behind is the last bytes before the place.
func (w *Window) behind() []byte { return w.buf[max(0, w.r-BehindMax):w.r] }

// reset empties the window and puts behind before the place.
func (w *Window) reset(behind []byte) {
	w.r = copy(w.buf, behind)
	w.w = w.r
}

// room makes place for a block and gives the free part; it is empty only when
// a whole record of the largest size is unread.
func (w *Window) room() []byte {
	if len(w.buf)-w.w < blockBytes {
		from := max(0, w.r-BehindMax)
		copy(w.buf, w.buf[from:w.w])
		w.r -= from
		w.w -= from
	}
	return w.buf[w.w:min(len(w.buf), w.w+blockBytes)]
}
