package models

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the page after this one, or "" when this is the last. It means nothing to anybody else.
	Next string
	// Total counts the items of all pages.
	Total int
}

// MaxLimit is the most items one page may hold. A filter that asks for more, or for none, gets DefaultLimit.
const MaxLimit = 500

// DefaultLimit is how many items a page has when nobody says.
const DefaultLimit = 25

// limit is the number of items a page is to hold.
func limit(asked int) int {
	switch {
	case asked <= 0:
		return DefaultLimit
	case asked > MaxLimit:
		return MaxLimit
	}
	return asked
}

// mark is the place of a row in a list that is ordered by a key and the id.
type mark struct {
	Key string `json:"k,omitempty"`
	At  int64  `json:"t,omitempty"` // milliseconds
	ID  string `json:"i"`
}

func (m mark) String() string {
	doc, err := json.Marshal(m)
	if err != nil {
		panic(err) // texts and a number
	}
	return base64.RawURLEncoding.EncodeToString(doc)
}

// latestMark is the last millisecond of the year 9999, and far beyond the number of any line.
const latestMark = 253402300799999

// time is the place in a list that is ordered by time.
func (m mark) time() time.Time { return time.UnixMilli(m.At).UTC() }

// ErrCursor means that a cursor is none that was given out.
var ErrCursor = errors.New("cursor is not one of this list")

// after parses a cursor; ok is false for the start of a list.
func after(cursor string) (m mark, ok bool, err error) {
	if cursor == "" {
		return mark{}, false, nil
	}
	doc, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(doc, &m)
	}
	// What no database takes was not given out either.
	if err != nil || m.ID == "" || m.ID != storable(m.ID) || m.Key != storable(m.Key) || m.At < 0 || m.At > latestMark {
		return mark{}, false, ErrCursor
	}
	return m, true, nil
}

// paged reads one page of rows: one row more than asked tells whether there is a next page.
func paged[R, T any](q *gorm.DB, n int, place func(*R) mark, item func(*R) T) (Page[T], error) {
	n = limit(n)
	var rows []R
	if err := q.Limit(n + 1).Find(&rows).Error; err != nil {
		return Page[T]{}, err
	}
	var p Page[T]
	if len(rows) > n {
		rows = rows[:n]
		p.Next = place(&rows[n-1]).String()
	}
	p.Items = make([]T, len(rows))
	for i := range rows {
		p.Items[i] = item(&rows[i])
	}
	return p, nil
}

// before continues a list that shows the newest first after a cursor.
func before(q *gorm.DB, cursor string) (*gorm.DB, error) {
	m, ok, err := after(cursor)
	if err != nil {
		return nil, err
	}
	if ok {
		q = q.Where("(created_at, id) < (?, ?)", m.time(), m.ID)
	}
	return q.Order("created_at DESC, id DESC"), nil
}
