package world

import "strconv"

// ID is the number of anything on a site; ids of different kinds may be equal. Zero
// means none.
type ID int32

// String returns the id as the wire shows it.
func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }

// ParseID reads an id; anything but a positive decimal number is refused.
func ParseID(s string) (ID, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n <= 0 {
		return 0, false
	}
	return ID(n), true
}

// counter hands out the ids of one kind.
type counter struct{ last ID }

func (c *counter) next() ID {
	c.last++
	return c.last
}
