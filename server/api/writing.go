package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"stowage/models"
	"stowage/server/problem"
)

// writeTime is how long one write of a stream may take. The time for a whole answer does not hold for streams.
const writeTime = 20 * time.Second

// download writes a file. Its headers are sent with the first byte, so that an error before that can still be told.
type download struct {
	h     huma.Context
	name  string
	begun bool
}

// Write implements io.Writer.
func (d *download) Write(data []byte) (int, error) {
	d.begin()
	// A writer that cannot set deadlines is one of a test.
	_ = http.NewResponseController(humagin.Unwrap(d.h).Writer).SetWriteDeadline(time.Now().Add(writeTime))
	return d.h.BodyWriter().Write(data)
}

func (d *download) begin() {
	if d.begun {
		return
	}
	d.begun = true
	d.h.SetHeader("Content-Type", "application/json")
	d.h.SetHeader("Content-Disposition", `attachment; filename="`+d.name+`"`)
	d.h.SetStatus(http.StatusOK)
}

// failed writes a problem where an answer was to write itself.
func failed(h huma.Context, err error) {
	c := humagin.Unwrap(h)
	problem.Write(c.Writer, c.Request, err)
}

// cursorProblem words the refusal of a cursor, which the caller cannot have made up well.
func cursorProblem(err error) error {
	if errors.Is(err, models.ErrCursor) {
		return invalid("query.cursor", codeInvalid, "This cursor is not one that was given out.")
	}
	return err
}
