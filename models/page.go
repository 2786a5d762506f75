package models

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
