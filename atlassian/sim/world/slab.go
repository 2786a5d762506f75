package world

// pageSize is the number of records in a page.
const pageSize = 4096

// record is one object.
type record struct {
	typ     ID // 0: there is no such object
	edge    int32
	created int64 // milliseconds, as all moments here
	updated int64
	data    string // see codec.go
	creator uint32 // number of the account
	gone    bool   // deleted, kept until searches have noticed
}

// slab holds the records by object id.
type slab struct {
	pages []*[pageSize]record
	last  ID
	live  int
}

// at returns the record of an id, or nil.
func (s *slab) at(id ID) *record {
	if id <= 0 || int(id) >= len(s.pages)*pageSize {
		return nil
	}
	r := &s.pages[id/pageSize][id%pageSize]
	if r.typ == 0 {
		return nil
	}
	return r
}

// live returns the record of an object that has not been deleted, or nil.
func (s *slab) alive(id ID) *record {
	if r := s.at(id); r != nil && !r.gone {
		return r
	}
	return nil
}

// slot returns the place of an id, making room for it.
func (s *slab) slot(id ID) *record {
	for int(id) >= len(s.pages)*pageSize {
		s.pages = append(s.pages, new([pageSize]record))
	}
	return &s.pages[id/pageSize][id%pageSize]
}

func (s *slab) next() ID {
	s.last++
	return s.last
}
