// Package jql reads the part of Jira's query language that the simulator understands: conditions on
// project, issue key and Assets fields, joined by AND, OR, NOT and brackets, and ORDER BY. Whatever
// else a query asks for is refused by name, never ignored.
//
// Evaluation lives with the issues, in package world.
package jql

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Query is a parsed query. A nil Where matches every issue.
type Query struct {
	Where Expr
	Order []Order
}

// Order is one item of ORDER BY.
type Order struct {
	Field string
	Desc  bool
}

// Expr is [*And], [*Or], [*Not] or [*Clause].
type Expr interface{ expr() }

// And holds when all its terms hold.
type And struct{ Terms []Expr }

// Or holds when one of its terms holds.
type Or struct{ Terms []Expr }

// Not holds when its term does not.
type Not struct{ Term Expr }

// Clause is a condition on one field.
type Clause struct {
	Field string
	// Op is one of = != < <= > >= ~ !~ IN, NOT IN, IS EMPTY, IS NOT EMPTY.
	Op     string
	Values []Value
	// Column is where the clause begins, counted from 1.
	Column int
}

// Value is a literal, or a function if Func is set (in lower case).
type Value struct {
	Text string
	Func string
	Args []string
}

func (*And) expr()    {}
func (*Or) expr()     {}
func (*Not) expr()    {}
func (*Clause) expr() {}

// Error says what is wrong and in which column.
type Error struct {
	Column  int
	Message string
}

// Error words the refusal as Jira does.
func (e *Error) Error() string {
	return fmt.Sprintf("Error in the JQL Query: %s (line 1, character %d)", e.Message, e.Column)
}

// maxDepth bounds nested brackets.
const maxDepth = 100

type token struct {
	text   string
	kind   byte // w word, s string, o operator, e end, or ( ) ,
	column int
}

// Parse reads a query.
func Parse(src string) (*Query, error) {
	p := &parser{}
	if err := p.lex(src); err != nil {
		return nil, err
	}
	q := &Query{}
	var err error
	if p.peek().kind != 'e' && !p.atOrder() {
		if q.Where, err = p.or(); err != nil {
			return nil, err
		}
	}
	if p.atOrder() {
		p.at += 2
		for {
			name := p.take()
			if name.kind != 'w' && name.kind != 's' {
				return nil, p.expected(name, "a field name to order by")
			}
			o := Order{Field: name.text}
			if !p.accept("ASC") {
				o.Desc = p.accept("DESC")
			}
			q.Order = append(q.Order, o)
			if p.peek().kind != ',' {
				break
			}
			p.take()
		}
	}
	if t := p.peek(); t.kind != 'e' {
		return nil, p.expected(t, "'AND', 'OR' or the end of the query")
	}
	return q, nil
}

type parser struct {
	toks  []token
	at    int
	depth int
}

func (p *parser) lex(src string) error {
	column := 0
	for pos := 0; pos < len(src); {
		r, n := utf8.DecodeRuneInString(src[pos:])
		column++
		switch {
		case unicode.IsSpace(r):
			pos += n
		case strings.ContainsRune("(),", r):
			p.toks = append(p.toks, token{text: string(r), kind: byte(r), column: column})
			pos += n
		case r == '"' || r == '\'':
			var b strings.Builder
			end := pos + n
			for ; end < len(src) && src[end] != byte(r); end++ {
				if src[end] == '\\' && end+1 < len(src) {
					end++
				}
				b.WriteByte(src[end])
			}
			if end >= len(src) {
				return &Error{Column: column, Message: fmt.Sprintf("The quoted string '%s' has not been completed.", b.String())}
			}
			p.toks = append(p.toks, token{text: b.String(), kind: 's', column: column})
			column += utf8.RuneCountInString(src[pos:end])
			pos = end + 1
		case strings.ContainsRune("=!<>~", r):
			end := pos + 1
			if end < len(src) && (src[end] == '=' || r == '!' && src[end] == '~') {
				end++
			}
			p.toks = append(p.toks, token{text: src[pos:end], kind: 'o', column: column})
			column += end - pos - 1
			pos = end
		default:
			end := pos
			for end < len(src) {
				c, m := utf8.DecodeRuneInString(src[end:])
				if unicode.IsSpace(c) || strings.ContainsRune(`(),"'=!<>~`, c) {
					break
				}
				end += m
			}
			p.toks = append(p.toks, token{text: src[pos:end], kind: 'w', column: column})
			column += utf8.RuneCountInString(src[pos:end]) - 1
			pos = end
		}
	}
	p.toks = append(p.toks, token{kind: 'e', column: column + 1})
	return nil
}

func (p *parser) peek() token { return p.toks[p.at] }

func (p *parser) ahead() token { return p.toks[min(p.at+1, len(p.toks)-1)] }

func (p *parser) take() token {
	t := p.toks[p.at]
	if t.kind != 'e' {
		p.at++
	}
	return t
}

func (t token) is(word string) bool { return t.kind == 'w' && strings.EqualFold(t.text, word) }

func (p *parser) accept(word string) bool {
	if p.peek().is(word) {
		p.at++
		return true
	}
	return false
}

func (p *parser) atOrder() bool { return p.peek().is("ORDER") && p.ahead().is("BY") }

func (p *parser) expected(t token, what string) *Error {
	found := "'" + t.text + "'"
	if t.kind == 'e' {
		found = "the end of the query"
	}
	return &Error{Column: t.column, Message: "Expecting " + what + " but got " + found + "."}
}

func (p *parser) or() (Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, &Error{Column: p.peek().column, Message: "The query is nested too deeply."}
	}
	defer func() { p.depth-- }()
	terms, err := p.terms("OR", p.and)
	if err != nil || len(terms) == 1 {
		return one(terms), err
	}
	return &Or{Terms: terms}, nil
}

func (p *parser) and() (Expr, error) {
	terms, err := p.terms("AND", p.unary)
	if err != nil || len(terms) == 1 {
		return one(terms), err
	}
	return &And{Terms: terms}, nil
}

func one(terms []Expr) Expr {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

func (p *parser) terms(between string, next func() (Expr, error)) ([]Expr, error) {
	var terms []Expr
	for {
		t, err := next()
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
		if !p.accept(between) {
			return terms, nil
		}
	}
}

func (p *parser) unary() (Expr, error) {
	switch {
	case p.accept("NOT"):
		if p.depth++; p.depth > maxDepth {
			return nil, &Error{Column: p.peek().column, Message: "The query is nested too deeply."}
		}
		defer func() { p.depth-- }()
		term, err := p.unary()
		if err != nil {
			return nil, err
		}
		return &Not{Term: term}, nil
	case p.peek().kind == '(':
		p.take()
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		if t := p.take(); t.kind != ')' {
			return nil, p.expected(t, "')'")
		}
		return e, nil
	default:
		return p.clause()
	}
}

func (p *parser) clause() (Expr, error) {
	name := p.take()
	if name.kind != 'w' && name.kind != 's' || name.is("AND") || name.is("OR") {
		return nil, p.expected(name, "a field name")
	}
	c := &Clause{Field: name.text, Column: name.column}
	op := p.take()
	switch {
	case op.kind == 'o' && op.text != "!":
		c.Op = op.text
	case op.is("IN"):
		c.Op = "IN"
	case op.is("NOT") && p.accept("IN"):
		c.Op = "NOT IN"
	case op.is("IS"):
		c.Op = "IS EMPTY"
		if p.accept("NOT") {
			c.Op = "IS NOT EMPTY"
		}
		if !p.accept("EMPTY") && !p.accept("NULL") {
			return nil, p.expected(p.peek(), "'EMPTY'")
		}
		return c, nil
	default:
		return nil, p.expected(op, "an operator")
	}
	var err error
	if c.Op == "IN" || c.Op == "NOT IN" {
		c.Values, err = p.list()
		return c, err
	}
	v, err := p.value()
	c.Values = []Value{v}
	return c, err
}

func (p *parser) list() ([]Value, error) {
	if p.peek().kind != '(' {
		v, err := p.value()
		if err == nil && v.Func == "" {
			return nil, p.expected(p.toks[p.at-1], "'(' or a function")
		}
		return []Value{v}, err
	}
	p.take()
	var values []Value
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		switch t := p.take(); t.kind {
		case ')':
			return values, nil
		case ',':
		default:
			return nil, p.expected(t, "',' or ')'")
		}
	}
}

func (p *parser) value() (Value, error) {
	t := p.take()
	if t.kind != 'w' && t.kind != 's' {
		return Value{}, p.expected(t, "either a value, list or function")
	}
	if t.kind != 'w' || p.peek().kind != '(' {
		return Value{Text: t.text}, nil
	}
	p.take()
	v := Value{Func: strings.ToLower(t.text)}
	if p.peek().kind == ')' {
		p.take()
		return v, nil
	}
	for {
		a := p.take()
		if a.kind != 'w' && a.kind != 's' {
			return Value{}, p.expected(a, "an argument")
		}
		v.Args = append(v.Args, a.text)
		switch end := p.take(); end.kind {
		case ')':
			return v, nil
		case ',':
		default:
			return Value{}, p.expected(end, "',' or ')'")
		}
	}
}
