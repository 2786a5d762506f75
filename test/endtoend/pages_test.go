package endtoend

import (
	"testing"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
)

// TestABackupFetchesNoPageTooMany counts at the site, which never tells a total beyond 1,000: full pages only, but for the last of each
// type, and none for a type without objects.
func TestABackupFetchesNoPageTooMany(t *testing.T) {
	t.Parallel()
	r := newRig(t, sim.Options{})
	made := r.fill(t, gen.ITSM, 3000, 3)
	saved, _ := r.backup(t, made.Key)
	const pageSize = 100
	floor, empty := int64(0), 0
	for _, typ := range saved.Types {
		floor += (typ.Objects + pageSize - 1) / pageSize
		if typ.Objects == 0 {
			empty++
		}
	}
	fetched := r.sim.Stats().Snapshot().Calls["POST /object/aql"]
	if fetched != floor || floor < 30 || empty == 0 {
		t.Errorf("%d pages fetched where %d are the floor, %d types without objects", fetched, floor, empty)
	}
}
