package world

import "time"

// Attachment is a file attached to an object.
type Attachment struct {
	ID          ID
	ObjectID    ID
	Author      string
	Filename    string
	ContentType string
	Comment     string
	Size        int64
	Created     time.Time
}

// attachment is an attachment as it is kept; equal contents are kept once.
type attachment struct {
	Attachment
	content []byte
}

// Attachments returns the attachments of an object, oldest first.
func (w *World) Attachments(object ID) ([]Attachment, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.objects.alive(object) == nil {
		return nil, errNoObject(object)
	}
	out := make([]Attachment, 0, len(w.attachedTo[object]))
	for _, id := range w.attachedTo[object] {
		out = append(out, w.attachments[id].Attachment)
	}
	return out, nil
}

// Attachment returns an attachment with its content, which must not be written to.
func (w *World) Attachment(id ID) (Attachment, []byte, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	a := w.attachments[id]
	if a == nil {
		return Attachment{}, nil, notFound("No attachment with id %d exists", id)
	}
	return a.Attachment, a.content, nil
}

// CreateAttachment attaches a file. A zero Created means now.
func (w *World) CreateAttachment(in Attachment, content []byte) (Attachment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.objects.alive(in.ObjectID) == nil {
		return Attachment{}, errNoObject(in.ObjectID)
	}
	if in.Filename == "" {
		return Attachment{}, badField("file", "The file needs a name")
	}
	if in.Created.IsZero() {
		in.Created = w.Now()
	}
	in.ID = w.ids.attachment.next()
	in.Size = int64(len(content))
	w.attachments[in.ID] = &attachment{Attachment: in, content: w.media.share(content)}
	w.attachedTo[in.ObjectID] = append(w.attachedTo[in.ObjectID], in.ID)
	return in, nil
}

// DeleteAttachment removes an attachment and returns what it was.
func (w *World) DeleteAttachment(id ID) (Attachment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.attachments[id]
	if a == nil {
		return Attachment{}, notFound("No attachment with id %d exists", id)
	}
	w.attachedTo[a.ObjectID] = remove(w.attachedTo[a.ObjectID], id)
	if len(w.attachedTo[a.ObjectID]) == 0 {
		delete(w.attachedTo, a.ObjectID)
	}
	delete(w.attachments, id)
	return a.Attachment, nil
}

func (w *World) dropAttachments(object ID) {
	for _, id := range w.attachedTo[object] {
		delete(w.attachments, id)
	}
	delete(w.attachedTo, object)
}
