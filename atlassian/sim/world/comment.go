package world

import "time"

// Comment is a comment on an object. The role says who may read it: the role of a
// schema by its number (0 everybody with access, 1 developers, 2 managers).
type Comment struct {
	ID       ID
	ObjectID ID
	Author   string
	Text     string
	Role     int
	Created  time.Time
	Updated  time.Time
}

// Comments returns the comments on an object, oldest first.
func (w *World) Comments(object ID) ([]Comment, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.objects.alive(object) == nil {
		return nil, errNoObject(object)
	}
	out := make([]Comment, 0, len(w.commentsOf[object]))
	for _, id := range w.commentsOf[object] {
		out = append(out, *w.comments[id])
	}
	return out, nil
}

// CreateComment adds a comment. A zero Created means now.
func (w *World) CreateComment(c Comment) (Comment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.objects.alive(c.ObjectID) == nil {
		return Comment{}, errNoObject(c.ObjectID)
	}
	if c.Text == "" {
		return Comment{}, badField("comment", "The comment must not be empty")
	}
	if c.Role < 0 || c.Role > 2 {
		return Comment{}, badField("role", "The role is invalid")
	}
	if c.Created.IsZero() {
		c.Created = w.Now()
	}
	c.Updated = c.Created
	c.ID = w.ids.comment.next()
	w.comments[c.ID] = &c
	w.commentsOf[c.ObjectID] = append(w.commentsOf[c.ObjectID], c.ID)
	return c, nil
}

// UpdateComment changes the text of a comment.
func (w *World) UpdateComment(id ID, text string) (Comment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.comments[id]
	if c == nil {
		return Comment{}, notFound("No comment with id %d exists", id)
	}
	if text == "" {
		return Comment{}, badField("comment", "The comment must not be empty")
	}
	c.Text, c.Updated = text, w.Now()
	return *c, nil
}

// DeleteComment removes a comment.
func (w *World) DeleteComment(id ID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.comments[id]
	if c == nil {
		return notFound("No comment with id %d exists", id)
	}
	w.commentsOf[c.ObjectID] = remove(w.commentsOf[c.ObjectID], id)
	delete(w.comments, id)
	return nil
}

func (w *World) dropComments(object ID) {
	for _, id := range w.commentsOf[object] {
		delete(w.comments, id)
	}
	delete(w.commentsOf, object)
}
