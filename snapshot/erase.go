package snapshot

import (
	"context"
	"fmt"

	"stowage/blob"
)

// Erase deletes everything of a tenant: its keys first, so that whatever an interruption leaves behind is unreadable already.
// It may be repeated.
func Erase(ctx context.Context, store blob.Store, tenant string) (Swept, error) {
	if err := Shred(ctx, store, tenant); err != nil {
		return Swept{}, err
	}
	var swept Swept
	var names []blob.Info
	for info, err := range store.List(ctx, tenantPrefix(tenant)) {
		if err != nil {
			return swept, fmt.Errorf("list what tenant %s has: %w", tenant, err)
		}
		names = append(names, info)
	}
	for _, info := range names {
		if err := store.Delete(ctx, info.Name); err != nil {
			return swept, fmt.Errorf("delete %s: %w", info.Name, err)
		}
		swept.Segments++
		swept.Bytes += info.Size
	}
	return swept, nil
}
