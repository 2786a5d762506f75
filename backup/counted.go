package backup

import (
	"context"
	"io"
	"iter"
	"sync/atomic"

	"stowage/assets"
)

// counted is a Source that counts the questions asked of it.
type counted struct {
	Source
	calls atomic.Int64
}

func (c *counted) one() Source {
	c.calls.Add(1)
	return c.Source
}

// Schemas counts and asks.
func (c *counted) Schemas(ctx context.Context) ([]assets.Schema, error) { return c.one().Schemas(ctx) }

// Properties counts and asks.
func (c *counted) Properties(ctx context.Context, schemaID string) (assets.Properties, error) {
	return c.one().Properties(ctx, schemaID)
}

// StatusTypes counts and asks.
func (c *counted) StatusTypes(ctx context.Context, schemaID string) ([]assets.StatusType, error) {
	return c.one().StatusTypes(ctx, schemaID)
}

// ReferenceTypes counts and asks.
func (c *counted) ReferenceTypes(ctx context.Context, schemaID string) ([]assets.ReferenceType, error) {
	return c.one().ReferenceTypes(ctx, schemaID)
}

// Icon counts and asks.
func (c *counted) Icon(ctx context.Context, iconID string) (assets.Icon, error) {
	return c.one().Icon(ctx, iconID)
}

// IconImage counts and asks.
func (c *counted) IconImage(ctx context.Context, iconID string) ([]byte, error) {
	return c.one().IconImage(ctx, iconID)
}

// ObjectTypes counts and asks.
func (c *counted) ObjectTypes(ctx context.Context, schemaID string) ([]assets.ObjectType, error) {
	return c.one().ObjectTypes(ctx, schemaID)
}

// Attributes counts and asks.
func (c *counted) Attributes(ctx context.Context, schemaID string) ([]assets.Attribute, error) {
	return c.one().Attributes(ctx, schemaID)
}

// Objects counts the calls the pages say they took.
func (c *counted) Objects(ctx context.Context, q ObjectQuery) iter.Seq2[ObjectPage, error] {
	return func(yield func(ObjectPage, error) bool) {
		for page, err := range c.Source.Objects(ctx, q) {
			c.calls.Add(int64(page.Calls))
			if !yield(page, err) {
				return
			}
		}
	}
}

// CountObjects counts and asks.
func (c *counted) CountObjects(ctx context.Context, q ObjectQuery) (int, error) {
	return c.one().CountObjects(ctx, q)
}

// Object counts and asks.
func (c *counted) Object(ctx context.Context, objectID string) (assets.Object, error) {
	return c.one().Object(ctx, objectID)
}

// History counts and asks.
func (c *counted) History(ctx context.Context, objectID string) ([]assets.HistoryEntry, error) {
	return c.one().History(ctx, objectID)
}

// Comments counts and asks.
func (c *counted) Comments(ctx context.Context, objectID string) ([]assets.Comment, error) {
	return c.one().Comments(ctx, objectID)
}

// Attachments counts and asks.
func (c *counted) Attachments(ctx context.Context, objectID string) ([]assets.Attachment, error) {
	return c.one().Attachments(ctx, objectID)
}

// AttachmentData counts and asks.
func (c *counted) AttachmentData(ctx context.Context, a assets.Attachment) (io.ReadCloser, error) {
	return c.one().AttachmentData(ctx, a)
}

// Avatar counts and asks.
func (c *counted) Avatar(ctx context.Context, objectID string) (data []byte, mediaType string, err error) {
	return c.one().Avatar(ctx, objectID)
}
