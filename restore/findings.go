package restore

import (
	"cmp"
	"slices"

	"stowage/report"
)

// maxExamples is how many cases of one finding a plan names.
const maxExamples = 10

// findings collects what a plan predicts, one finding per cause, object type and attribute.
type findings struct {
	list  []*Finding
	index map[findingKey]*Finding
}

type findingKey struct {
	severity        Severity
	cause           report.Cause
	kind            string
	typ, attribute  string
	generalSentence string
}

// add counts one case. General is the sentence of the finding, message that of this case; key may be empty.
func (f *findings) add(at Finding, key, message string) {
	k := findingKey{at.Severity, at.Cause, at.Kind, at.Type, at.Attribute, at.Message}
	found, ok := f.index[k]
	if !ok {
		if f.index == nil {
			f.index = make(map[findingKey]*Finding)
		}
		found = &at
		found.Total, found.Examples = 0, nil
		f.index[k] = found
		f.list = append(f.list, found)
	}
	found.Total++
	if len(found.Examples) < maxExamples {
		found.Examples = append(found.Examples, Example{Key: key, Message: message})
	}
}

// count adds a finding about n cases that need no examples.
func (f *findings) count(at Finding, n int) {
	at.Total = n
	f.list = append(f.list, &at)
}

// sorted returns the findings, failures first and otherwise in an order that does not depend on how they were found.
func (f *findings) sorted() []Finding {
	list := make([]Finding, len(f.list))
	for i, found := range f.list {
		list[i] = *found
	}
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity, b.Severity), // "failure" comes before "warning"
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Cause, b.Cause),
			cmp.Compare(a.Type, b.Type), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Message, b.Message))
	})
	return list
}

// The sentences of the product for what a target refuses.
func messageUnique(attribute string) string {
	return "The attribute '" + attribute + "' has to be unique"
}

func messageInvalid(value string) string { return "Invalid values (" + value + ")" }

func messageTooLong(attribute string) string {
	return attribute + " - Text attribute value must be less than 255 characters long"
}
