package snapshot

import (
	"fmt"
	"strings"

	"stowage/blob"
)

const maxPart = 128

// checkPart refuses what cannot be one part of a name in the store.
func checkPart(what, s string) error {
	if len(s) > maxPart || strings.Contains(s, "/") || blob.CheckName(s) != nil {
		return fmt.Errorf("%w: %q cannot be a %s", blob.ErrInvalidName, s, what)
	}
	return nil
}

func tenantPrefix(tenant string) string   { return "tenants/" + tenant + "/" }
func keysetName(tenant string) string     { return tenantPrefix(tenant) + "keyset" }
func keysetCopyName(tenant string) string { return tenantPrefix(tenant) + "keyset.copy" }
func backupsPrefix(tenant string) string  { return tenantPrefix(tenant) + "backups/" }
func segmentsPrefix(tenant string) string { return tenantPrefix(tenant) + "segments/" }
func runningPrefix(tenant string) string  { return tenantPrefix(tenant) + "running/" }
func sweepingName(tenant string) string   { return tenantPrefix(tenant) + "sweeping" }

func manifestName(tenant, backup string) string { return backupsPrefix(tenant) + backup }
func runningName(tenant, backup string) string  { return runningPrefix(tenant) + backup }

func segmentPath(tenant, name string) string {
	return segmentsPrefix(tenant) + name[:2] + "/" + name
}

// validSegmentName says whether name can be a segment's: a manifest is checked before names are cut apart.
func validSegmentName(name string) bool {
	if len(name) != 64 {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
