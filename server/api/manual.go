package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed manual.html
var manualPage string

//go:embed manual.css
var manualStyle string

// ManualPolicy is the content security policy of the manual: its own style, and nothing else from anywhere.
var ManualPolicy = "default-src 'none'; style-src 'sha256-" + styleHash() + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func styleHash() string {
	sum := sha256.Sum256([]byte(manualStyle))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Manual is the description of the API as a page for people. It needs no script and loads nothing.
var Manual = sync.OnceValue(func() []byte {
	page, err := manual(Document)
	if err != nil {
		// The document is part of the program, and a test has rendered it.
		panic(err)
	}
	return page
})

// The parts of the description that the manual shows.
type (
	manualDocument struct {
		Info       struct{ Title, Version, Description string }
		Servers    []struct{ URL string }
		Tags       []struct{ Name string }
		Paths      map[string]map[string]manualOperation
		Components struct{ Schemas map[string]manualSchema }
	}
	manualOperation struct {
		OperationID, Summary, Description string
		Tags                              []string
		Parameters                        []manualParameter
		RequestBody                       struct {
			Content map[string]struct{ Schema manualSchema }
		}
		Responses map[string]struct {
			Description string
			Content     map[string]struct{ Schema manualSchema }
		}
	}
	manualParameter struct {
		Name, In, Description string
		Required              bool
		Schema                manualSchema
	}
	manualSchema struct {
		Ref         string `json:"$ref"`
		Type        any
		Format      string
		Description string
		Enum        []any
		Examples    []any
		Required    []string
		Properties  map[string]manualSchema
		Items       *manualSchema
		OneOf       []manualSchema
		Minimum     *float64
		Maximum     *float64
		MinLength   *int
		MaxLength   *int
		Default     any
	}
)

// What the page is made of.
type (
	manualChapter struct {
		Name    string
		Entries []manualEntry
	}
	manualEntry struct {
		Method, Path, ID, Summary, Description string
		Parameters                             []manualMember
		Body                                   manualKind
		Answers                                []manualAnswer
	}
	manualAnswer struct {
		Status, Description string
		Kind                manualKind
	}
	manualMember struct {
		Name, In, Description, Limits, Example string
		Required                               bool
		Kind                                   manualKind
	}
	// manualKind is a type in words, with the name of the schema it is made of, if any.
	manualKind   struct{ Text, Ref string }
	manualObject struct {
		Name    string
		Members []manualMember
	}
)

func manual(document []byte) ([]byte, error) {
	var doc manualDocument
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("read the description of the API: %w", err)
	}
	page, err := template.New("manual").Parse(manualPage)
	if err != nil {
		return nil, fmt.Errorf("read the page of the manual: %w", err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Doc": doc, "Chapters": doc.chapters(), "Objects": doc.objects(),
		"Style": template.CSS(manualStyle), //nolint:gosec // the style is a file of this package
	})
	if err != nil {
		return nil, fmt.Errorf("write the manual: %w", err)
	}
	return out.Bytes(), nil
}

func (d manualDocument) chapters() []manualChapter {
	chapters := make([]manualChapter, len(d.Tags))
	for i, tag := range d.Tags {
		chapters[i].Name = tag.Name
		for _, p := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range slices.Sorted(maps.Keys(d.Paths[p])) {
				if op := d.Paths[p][method]; slices.Contains(op.Tags, tag.Name) {
					chapters[i].Entries = append(chapters[i].Entries, op.entry(method, p))
				}
			}
		}
	}
	return chapters
}

func (o manualOperation) entry(method, p string) manualEntry {
	e := manualEntry{Method: strings.ToUpper(method), Path: p, ID: o.OperationID, Summary: o.Summary, Description: o.Description}
	for _, parameter := range o.Parameters {
		m := parameter.Schema.member(parameter.Name)
		m.In, m.Required, m.Description = parameter.In, parameter.Required, parameter.Description
		e.Parameters = append(e.Parameters, m)
	}
	for _, content := range o.RequestBody.Content {
		e.Body = content.Schema.kind()
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		answer := manualAnswer{Status: status, Description: o.Responses[status].Description}
		for _, content := range o.Responses[status].Content {
			answer.Kind = content.Schema.kind()
		}
		e.Answers = append(e.Answers, answer)
	}
	return e
}

func (d manualDocument) objects() []manualObject {
	var objects []manualObject
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		schema := d.Components.Schemas[name]
		o := manualObject{Name: name}
		for _, member := range slices.Sorted(maps.Keys(schema.Properties)) {
			m := schema.Properties[member].member(member)
			m.Required = slices.Contains(schema.Required, member)
			o.Members = append(o.Members, m)
		}
		objects = append(objects, o)
	}
	return objects
}

func (s manualSchema) kind() manualKind {
	switch {
	case s.Ref != "":
		name := path.Base(s.Ref)
		return manualKind{Text: name, Ref: name}
	case s.Items != nil:
		item := s.Items.kind()
		return manualKind{Text: "list of " + item.Text, Ref: item.Ref}
	case len(s.OneOf) > 0:
		return manualKind{Text: "events"}
	case s.Format != "":
		return manualKind{Text: fmt.Sprintf("%v (%s)", s.Type, s.Format)}
	case s.Type != nil:
		return manualKind{Text: fmt.Sprint(s.Type)}
	}
	return manualKind{}
}

func (s manualSchema) member(name string) manualMember {
	m := manualMember{Name: name, Description: s.Description, Kind: s.kind()}
	var limits []string
	enum := s.Enum
	if s.Items != nil && len(enum) == 0 {
		enum = s.Items.Enum
	}
	if len(enum) > 0 {
		words := make([]string, len(enum))
		for i, word := range enum {
			words[i] = fmt.Sprint(word)
		}
		limits = append(limits, "one of "+strings.Join(words, ", "))
	}
	if s.Minimum != nil {
		limits = append(limits, fmt.Sprintf("at least %v", *s.Minimum))
	}
	if s.Maximum != nil {
		limits = append(limits, fmt.Sprintf("at most %v", *s.Maximum))
	}
	if s.MaxLength != nil {
		limits = append(limits, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.Default != nil {
		limits = append(limits, fmt.Sprintf("%v if left out", s.Default))
	}
	m.Limits = strings.Join(limits, "; ")
	if len(s.Examples) > 0 {
		m.Example = fmt.Sprint(s.Examples[0])
	}
	return m
}
