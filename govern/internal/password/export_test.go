package password

// Parse reads a PHC string and writes it again.
func Parse(s string) (string, error) {
	h, err := parse(s)
	return h.String(), err
}
