package backup

import (
	"context"
	"errors"

	"stowage/assets"
)

// endsRun says that an error is about the whole run: nothing else that is asked now would fare better.
func endsRun(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, assets.ErrUnauthorized) || errors.Is(err, assets.ErrThrottled)
}

// concernsItem says that the site answered, and that asking again would bring the same answer.
func concernsItem(ctx context.Context, err error) bool {
	if endsRun(ctx, err) {
		return false
	}
	for _, e := range []error{ErrUnreadable, assets.ErrNotFound, assets.ErrForbidden, assets.ErrUnsupported, assets.ErrConflict} {
		if errors.Is(err, e) {
			return true
		}
	}
	_, rejected := errors.AsType[*assets.Rejected](err)
	return rejected
}
