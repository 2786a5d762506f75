package atlassian

import (
	"errors"

	"stowage/internal/jsonscan"
)

// errRepeats is the cause of an Error when a site answers with the same page again.
var errRepeats = errors.New("the site repeats a page")

// errDisorder is the cause of an Error when objects do not come in the order that was asked for.
var errDisorder = errors.New("the objects do not come in the order that was asked for")

// errNoID is the cause of an Error when something was made and the answer does not say which id it has.
var errNoID = errors.New("the answer names no id")

// pageEnd is what an answer says about being the last page. The members total and totalFilterCount are never looked at:
// they are capped at 1,000.
type pageEnd struct {
	maxResults int
	isLast     lenientBool // isLast or last: spelt both ways, as a boolean or as a string, or missing
	hasMore    lenientBool
}

// take reads a member of a page that is not its values.
func (p *pageEnd) take(d *decoder) {
	switch d.Key() {
	case "maxResults":
		var none jsonscan.Extra
		p.maxResults = d.number(&none)
	case "isLast", "last", "isLastPage":
		value, known := d.Bool()
		if known {
			// Each of them defaults to false, so that one true counts.
			p.isLast = lenientBool{value: p.isLast.value || value, known: true}
		}
	case "hasMoreResults":
		p.hasMore.value, p.hasMore.known = d.Bool()
	default:
		d.Skip()
	}
}

// size is how many the site gives at once: what it said, or else what was asked.
func (p *pageEnd) size(asked int) int {
	if p.maxResults > 0 {
		return min(p.maxResults, asked)
	}
	return asked
}

// last says whether a page of n, when asked for so many, is the last one.
func (p *pageEnd) last(n, asked int) bool {
	switch {
	case p.hasMore.known && p.hasMore.value:
		return false
	case p.isLast.known && p.isLast.value, p.hasMore.known:
		return true
	case p.isLast.known:
		// It says there is more.
		return false
	}
	return n < p.size(asked)
}
