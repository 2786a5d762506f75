package world

import (
	"maps"
	"slices"
)

// ReferenceInfo counts the references to an object from the objects of one type.
type ReferenceInfo struct {
	TypeID         ID
	ReferenceTypes []ID
	Count          int
	OpenIssues     bool
}

// ReferenceInfo returns who refers to an object, by object type in the order of ids.
func (w *World) ReferenceInfo(object ID) ([]ReferenceInfo, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.objects.alive(object) == nil {
		return nil, errNoObject(object)
	}
	byType := map[ID]*ReferenceInfo{}
	for _, from := range w.inbound(object) {
		rec := w.objects.at(from)
		info := byType[rec.typ]
		if info == nil {
			info = &ReferenceInfo{TypeID: rec.typ}
			byType[rec.typ] = info
		}
		info.Count++
		info.OpenIssues = info.OpenIssues || w.jira.openIssues(from)
		for attr, to := range w.refsOf(rec.data) {
			if kind := w.attrs[attr].RefKind; to == object && !slices.Contains(info.ReferenceTypes, kind) {
				info.ReferenceTypes = append(info.ReferenceTypes, kind)
			}
		}
	}
	out := make([]ReferenceInfo, 0, len(byType))
	for _, id := range slices.Sorted(maps.Keys(byType)) {
		slices.Sort(byType[id].ReferenceTypes)
		out = append(out, *byType[id])
	}
	return out, nil
}
