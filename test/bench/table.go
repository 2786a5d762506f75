package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one figure beside its bar.
type row struct {
	ID     string  `json:"row"`
	What   string  `json:"what"`
	Figure string  `json:"figure"`
	Value  float64 `json:"value"`
	Bar    string  `json:"bar"`
	Met    bool    `json:"met"`
	How    string  `json:"how"`
}

// table is what the program prints.
type table struct {
	Date    string  `json:"date"`
	Machine string  `json:"machine"`
	Scale   float64 `json:"scale"`
	Rows    []row   `json:"rows"`
}

func newTable(scale float64) *table {
	return &table{
		Date:    time.Now().Format(time.DateOnly),
		Machine: fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version()),
		Scale:   scale,
	}
}

// add adds rows, in the order of their names.
func (t *table) add(rows ...row) {
	if t.Scale < 1 {
		for i := range rows {
			rows[i].Figure += fmt.Sprintf(" (scaled by %g)", t.Scale)
		}
	}
	t.Rows = append(t.Rows, rows...)
	slices.SortStableFunc(t.Rows, func(a, b row) int {
		return cmp.Or(len(a.ID)-len(b.ID), strings.Compare(a.ID, b.ID))
	})
}

func (t *table) json(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

func (t *table) text(w io.Writer) error {
	tab := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	var s strings.Builder
	s.WriteString("ROW\tFIGURE\tBAR\tMET\tHOW\n")
	for _, r := range t.Rows {
		fmt.Fprintf(&s, "%s %s\t%s\t%s\t%s\t%s\n", r.ID, r.What, r.Figure, r.Bar, yes(r.Met), r.How)
	}
	if _, err := io.WriteString(tab, s.String()); err != nil {
		return err
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s, %s\n", t.Date, t.Machine)
	return err
}

func (t *table) markdown(w io.Writer) error {
	var s strings.Builder
	s.WriteString("| row | figure | bar | met | how |\n|---|---|---|---|---|\n")
	for _, r := range t.Rows {
		fmt.Fprintf(&s, "| %s %s | %s | %s | %s | %s |\n", r.ID, r.What, r.Figure, r.Bar, yes(r.Met), r.How)
	}
	fmt.Fprintf(&s, "\n%s, %s\n", t.Date, t.Machine)
	_, err := io.WriteString(w, s.String())
	return err
}

func yes(met bool) string {
	if met {
		return "yes"
	}
	return "no"
}

// mib is a mebibyte.
const mib = 1 << 20

// thousands writes a number for people.
func thousands[T ~int | ~int64](n T) string {
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
