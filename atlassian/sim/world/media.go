package world

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Media is a file in the site's media store.
type Media struct {
	UUID        string
	Name        string
	ContentType string
	Content     []byte
}

// mediaStore keeps files by UUID, equal bytes once.
type mediaStore struct {
	files map[string]*Media
	bytes map[[32]byte][]byte
}

// share returns the kept copy of some bytes.
func (s *mediaStore) share(content []byte) []byte {
	sum := sha256.Sum256(content)
	if kept, ok := s.bytes[sum]; ok {
		return kept
	}
	kept := append([]byte(nil), content...)
	s.bytes[sum] = kept
	return kept
}

// uuid makes the next identifier of a file; it looks random and is the same in every
// run.
func (w *World) uuid() string {
	n := binary.BigEndian.AppendUint64(nil, uint64(w.ids.media.next()))
	sum := sha256.Sum256(append([]byte(w.opt.WorkspaceID+"\x00"+w.opt.Name+"\x00"), n...))
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// PutMedia stores a file and returns it with its UUID.
func (w *World) PutMedia(name, contentType string, content []byte) Media {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := &Media{UUID: w.uuid(), Name: name, ContentType: contentType, Content: w.media.share(content)}
	w.media.files[m.UUID] = m
	return *m
}

// Media returns a file. Its content must not be written to.
func (w *World) Media(uuid string) (Media, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	m := w.media.files[uuid]
	if m == nil {
		return Media{}, notFound("No file with id %s exists", clip(uuid))
	}
	return *m, nil
}

// checkAvatar refuses an avatar that has not been uploaded.
func (w *World) checkAvatar(uuid *string) error {
	if uuid != nil && *uuid != "" && w.media.files[*uuid] == nil {
		return badField("avatarUUID", "The avatar %s does not exist", clip(*uuid))
	}
	return nil
}

func (w *World) setAvatar(id ID, uuid *string) {
	switch {
	case uuid == nil:
	case *uuid == "":
		delete(w.avatars, id)
	default:
		w.avatars[id] = *uuid
	}
}
