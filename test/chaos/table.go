package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func yesNo(met bool) string {
	if met {
		return "yes"
	}
	return "NO"
}

// printTable writes the rows for a terminal.
func printTable(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "row\twhat was done\tresult\tbar\tmet")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.id, r.done, oneLine(r.result), r.bar, yesNo(r.met))
	}
	// Nothing can be done about an output that is closed.
	_ = t.Flush()
}

// printMarkdown writes the rows for docs/BENCHMARKS.md.
func printMarkdown(w io.Writer, rows []row) {
	cell := strings.NewReplacer("|", `\|`)
	fmt.Fprintln(w, "| row | what was done | result | bar | met |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", r.id, cell.Replace(r.done), cell.Replace(oneLine(r.result)), cell.Replace(r.bar), yesNo(r.met))
	}
}

// oneLine keeps a text with line breaks from breaking the table.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// some lists the first few of many lines.
func some(lines []string, most int) string {
	if len(lines) <= most {
		return strings.Join(lines, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(lines[:most], "; "), len(lines)-most)
}

// exceptions lists what went wrong behind a colon, if anything did.
func exceptions(bad []string) string {
	if len(bad) == 0 {
		return ""
	}
	return ": " + some(bad, 3)
}
