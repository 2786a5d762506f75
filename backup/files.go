package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"stowage/assets"
	"stowage/report"
	"stowage/snapshot"
)

// attachmentRecord is the description of an attachment as the backup has it: that of the site, and the hash of the bytes. The
// hash is missing where the bytes could not be read.
type attachmentRecord struct {
	assets.Attachment
	SHA256 string `json:"sha256,omitempty"`
}

// errShort means that fewer or more bytes came than the site had said.
var errShort = errors.New("the file has another size than the site says")

// askAttachments asks for the attachments of an object; their bytes follow one after the other, so that no more than a part
// of one is in memory.
func (r *run) askAttachments(ctx context.Context, it item) (func(context.Context) (kept, error), error) {
	if it.File != nil {
		return func(ctx context.Context) (kept, error) { return r.lastTryAtFile(ctx, it) }, nil
	}
	files, err := r.src.Attachments(ctx, it.ID)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (kept, error) {
		var k kept
		for i := range files {
			file := item{Type: it.Type, ID: it.ID, File: &files[i]}
			n, sum, asked, err := r.storeFile(ctx, file, true)
			switch {
			case err != nil:
				return k, err
			case errors.Is(asked, assets.ErrNotFound):
				k.skipped++
				r.vanished(stageAttachments, file)
			case asked != nil && endsRun(ctx, asked):
				return k, asked
			case asked != nil:
				k.again = append(k.again, file)
				continue
			}
			if err := r.describe(ctx, file, sum); err != nil {
				return k, err
			}
			k.records++
			k.bytes += n
		}
		return k, nil
	}, nil
}

// lastTryAtFile stores a file that failed before. Its description is stored whatever becomes of the bytes.
func (r *run) lastTryAtFile(ctx context.Context, it item) (kept, error) {
	_, sum, asked, err := r.storeFile(ctx, it, false)
	if err != nil {
		return kept{}, err
	}
	if asked != nil && endsRun(ctx, asked) {
		return kept{}, asked
	}
	if asked != nil {
		if err := r.gone(ctx, asked); err != nil {
			return kept{}, err
		}
	}
	k := kept{records: 1}
	switch {
	case errors.Is(asked, assets.ErrNotFound):
		k.skipped++
		r.vanished(stageAttachments, it)
	case asked != nil:
		k.failed++
		r.failed(stageAttachments, it, asked)
	}
	return k, r.describe(ctx, it, sum)
}

func (r *run) describe(ctx context.Context, it item, sum string) error {
	return r.w.Add(ctx, snapshot.KindAttachments, it.Type, it.ID, attachmentRecord{*it.File, sum})
}

// storeFile stores the bytes of a file and returns their number and hash. Asked is an error of the source, after which nothing
// has been stored; err one of the store. A file of another size than the site says is refused when strict, and stored with a
// warning otherwise.
func (r *run) storeFile(ctx context.Context, it item, strict bool) (n int64, sum string, asked, err error) {
	body, asked := r.src.AttachmentData(ctx, *it.File)
	if asked != nil {
		return 0, "", asked, nil
	}
	defer body.Close() //nolint:errcheck // Only read from; what matters was seen while reading.
	hash := sha256.New()
	from := &measured{from: io.TeeReader(body, hash), strict: strict, size: it.File.Size}
	n, err = r.w.AddBytes(ctx, snapshot.KindAttachmentData, it.Type, it.File.ID, it.File.MediaType, from)
	if from.err != nil {
		return 0, "", from.err, nil
	}
	if err != nil {
		return 0, "", nil, err
	}
	if it.File.Size > 0 && n != it.File.Size {
		r.lines.Add(report.Entry{
			Outcome: report.Warned, Stage: stageAttachments, Kind: "attachment", ID: it.File.ID,
			Message: fmt.Sprintf("the file has %d bytes, the site says %d", n, it.File.Size),
		})
	}
	return n, hex.EncodeToString(hash.Sum(nil)), nil, nil
}

// measured reads the bytes of a file and remembers how that failed.
type measured struct {
	from   io.Reader
	strict bool
	size   int64
	n      int64
	err    error
}

// Read reads on. The end comes as an error when the size is not the one expected.
func (m *measured) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	m.n += int64(n)
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		m.err = err
	case m.strict && m.size > 0 && m.n != m.size:
		m.err = errShort
		err = errShort
	}
	return n, err
}

// askAvatar asks for the own picture of an object.
func (r *run) askAvatar(ctx context.Context, it item) (func(context.Context) (kept, error), error) {
	data, mediaType, err := r.src.Avatar(ctx, it.ID)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (kept, error) {
		if err := r.addBytes(ctx, snapshot.KindAvatars, it.Type, it.ID, mediaType, data); err != nil {
			return kept{}, err
		}
		return kept{records: 1, bytes: int64(len(data))}, nil
	}, nil
}

// issueObjects stores the issues in whose fields objects of the schema are selected. They come in one sequence, so the phase
// begins anew after an interruption.
func (r *run) issueObjects(ctx context.Context, p *phase) (snapshot.PhaseStatus, error) {
	r.progress.Stage(p.stage, 0)
	seen := make(map[string]bool)
	for issue, err := range r.src.IssueObjects(ctx, r.state.SchemaID) {
		switch {
		case err == nil:
		case errors.Is(err, assets.ErrUnsupported) && len(seen) == 0:
			return r.unsupported(p), nil
		case !concernsItem(ctx, err):
			return snapshot.PhaseStatus{}, err
		default:
			r.lines.Add(report.Entry{Outcome: report.Failed, Stage: p.stage, Kind: p.name, ID: r.state.SchemaID, Message: err.Error()})
			return snapshot.PhaseStatus{State: snapshot.PhaseIncomplete, Done: int64(len(seen)), Failed: 1}, nil
		}
		if seen[issue.IssueID] {
			continue
		}
		seen[issue.IssueID] = true
		if err := r.w.Add(ctx, snapshot.KindIssueObjects, "", issue.IssueID, &issue); err != nil {
			return snapshot.PhaseStatus{}, err
		}
		r.progress.Advance(1)
	}
	return snapshot.PhaseStatus{State: snapshot.PhaseComplete, Done: int64(len(seen))}, nil
}
