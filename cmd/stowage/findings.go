package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"stowage/report"
)

// mostLines is how many lines of a report are shown; the report file has all of them.
const mostLines = 10

// showReport writes what failed, was skipped or deserves a warning: the counts, and the first lines.
func showReport(w io.Writer, entries []report.Entry, file string) {
	if len(entries) == 0 {
		return
	}
	rank := map[report.Outcome]int{report.Failed: 0, report.Skipped: 1, report.Warned: 2}
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b report.Entry) int { return cmp.Compare(rank[a.Outcome], rank[b.Outcome]) })
	for i, e := range sorted {
		if i == mostLines {
			where := "name a file with --report to keep all of them"
			if file != "" {
				where = "all are in " + file
			}
			fmt.Fprintf(w, "  … and %s; %s\n", counted(len(sorted)-i, "more line"), where)
			break
		}
		fmt.Fprintf(w, "  %s\n", oneLine([]byte(entryText(e))))
	}
}

// entryText is "skipped: attribute Owner of ITSM-7: no user of that name".
func entryText(e report.Entry) string {
	what := cmp.Or(e.Key, e.ID)
	if e.Kind != "object" {
		what = e.Kind + " " + what
	}
	if e.Attribute != "" {
		what += ", attribute " + e.Attribute
	}
	return fmt.Sprintf("%s: %s: %s", e.Outcome, what, e.Message)
}

// writeReport keeps the whole report as a JSON array, readable by its owner only: it names objects.
func writeReport(file string, entries []report.Entry) error {
	if file == "" {
		return nil
	}
	if entries == nil {
		entries = []report.Entry{}
	}
	text, err := json.MarshalIndent(entries, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}
