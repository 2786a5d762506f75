package world

// Usage counts the objects of the site and of each schema, in the order of creation.
type Usage struct {
	Total   int
	Schemas []Schema
}

// Usage returns the counts.
func (w *World) Usage() Usage {
	u := Usage{Schemas: w.Schemas()}
	for _, s := range u.Schemas {
		u.Total += s.ObjectCount
	}
	return u
}
