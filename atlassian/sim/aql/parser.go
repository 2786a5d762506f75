package aql

import (
	"slices"
	"strings"
)

// maxDepth bounds how deep brackets may nest, so that a query cannot exhaust the stack.
const maxDepth = 200

// reserved words stand neither for an attribute nor for a value unless they are quoted.
var reserved = []string{"AND", "OR", "NOT", "IN", "LIKE", "IS", "HAVING", "STARTSWITH", "ENDSWITH", "EMPTY"}

// functions are the functions that may stand where a value does.
var functions = []string{
	"now", "startofday", "endofday", "startofweek", "endofweek", "startofmonth", "endofmonth", "startofyear", "endofyear",
	"currentuser", "group", "user", "objecttypeandchildren",
}

// Parse reads a query. The empty query matches every object.
func Parse(src string) (*Query, error) {
	toks, err := tokens(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, toks: toks}
	q := &Query{src: src}
	if !p.atOrder() && p.peek().kind != tokEnd {
		if q.Where, err = p.or(); err != nil {
			return nil, err
		}
	}
	if p.atOrder() {
		p.at += 2
		if q.Order, err = p.order(); err != nil {
			return nil, err
		}
	}
	if p.peek().kind != tokEnd {
		return nil, p.unexpected("AND, OR, ORDER BY or the end of the query")
	}
	return q, nil
}

type parser struct {
	src   string
	toks  []token
	at    int
	depth int
}

func (p *parser) peek() token { return p.toks[p.at] }

// ahead is the token n places on, the end if there are fewer.
func (p *parser) ahead(n int) token { return p.toks[min(p.at+n, len(p.toks)-1)] }

// next takes a token; the end is never passed.
func (p *parser) next() token {
	t := p.toks[p.at]
	if t.kind != tokEnd {
		p.at++
	}
	return t
}

func (p *parser) accept(keyword string) bool {
	if p.peek().is(keyword) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(kind tokenKind, what string) error {
	if p.peek().kind != kind {
		return p.unexpected(what)
	}
	p.next()
	return nil
}

func (p *parser) unexpected(expected string) *Error {
	t := p.peek()
	return errorAt(p.src, t.start, "expected %s but found %s", expected, t.describe())
}

// atOrder reports whether ORDER BY follows. An attribute may be called Order.
func (p *parser) atOrder() bool {
	return p.peek().is("ORDER") && p.ahead(1).is("BY")
}

func (p *parser) or() (Expr, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, errorAt(p.src, p.peek().start, "brackets are nested deeper than %d", maxDepth)
	}
	terms, err := p.terms("OR", p.and)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return &Or{Terms: terms}, nil
}

func (p *parser) and() (Expr, error) {
	terms, err := p.terms("AND", p.unary)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return &And{Terms: terms}, nil
}

func first(terms []Expr) Expr {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

func (p *parser) terms(between string, one func() (Expr, error)) ([]Expr, error) {
	var terms []Expr
	for {
		t, err := one()
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
	if !p.accept("NOT") {
		return p.primary()
	}
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, errorAt(p.src, p.peek().start, "NOT is nested deeper than %d", maxDepth)
	}
	term, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &Not{Term: term}, nil
}

func (p *parser) primary() (Expr, error) {
	t := p.peek()
	switch {
	case t.kind == tokOpen:
		p.next()
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		if err := p.expect(tokClose, "AND, OR or ')'"); err != nil {
			return nil, err
		}
		return e, nil
	case t.is("object") && (p.ahead(1).is("HAVING") || p.ahead(1).is("NOT") && p.ahead(2).is("HAVING")):
		p.next()
		return p.having()
	case t.kind == tokWord && p.ahead(1).kind == tokOpen:
		return p.condition()
	default:
		return p.compare()
	}
}

// having reads what follows the word object.
func (p *parser) having() (Expr, error) {
	not := p.accept("NOT")
	p.accept("HAVING")
	not = p.accept("NOT") || not
	if p.peek().kind != tokWord || p.ahead(1).kind != tokOpen {
		return nil, p.unexpected("inboundReferences(…), outboundReferences(…) or connectedTickets(…)")
	}
	e, err := p.condition()
	if err != nil {
		return nil, err
	}
	if not {
		return &Not{Term: e}, nil
	}
	return e, nil
}

// condition reads a function that is a condition by itself.
func (p *parser) condition() (Expr, error) {
	name := p.next()
	switch strings.ToLower(name.text) {
	case "inboundreferences", "inr":
		return p.references(true)
	case "outboundreferences", "outr":
		return p.references(false)
	case "connectedtickets":
		return p.tickets()
	case "objecttypeandchildren":
		p.at--
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		return &Compare{Path: Path{Names: []string{"objectType"}, pos: name.start}, Op: OpIn, Values: []Value{v}}, nil
	default:
		return nil, errorAt(p.src, name.start, "expected an attribute or one of inboundReferences(…), outboundReferences(…), connectedTickets(…) but found the function '%s'", name.text)
	}
}

func (p *parser) references(inbound bool) (Expr, error) {
	p.next()
	r := &References{Inbound: inbound}
	var err error
	switch t, after := p.peek(), p.ahead(1).kind; {
	case t.kind == tokClose || t.kind == tokComma:
	case t.kind == tokString && (after == tokClose || after == tokComma):
		// The inner query may be given as one quoted text.
		p.next()
		if r.Where, err = p.quoted(t); err != nil {
			return nil, err
		}
	default:
		if r.Where, err = p.or(); err != nil {
			return nil, err
		}
	}
	if p.peek().kind == tokComma {
		p.next()
		if r.Types, err = p.referenceTypes(); err != nil {
			return nil, err
		}
	}
	if err := p.expect(tokClose, "AND, OR, ',' or ')'"); err != nil {
		return nil, err
	}
	return r, nil
}

// quoted reads a query out of a string token.
func (p *parser) quoted(t token) (Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errorAt(p.src, t.start, "queries are nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	toks, err := tokens(t.text)
	if err != nil {
		return nil, errorAt(p.src, t.start, "the query in quotation marks is not valid: %s", err.(*Error).Message) //nolint:errorlint,forcetypeassert // tokens gives no other error
	}
	// Errors inside are reported where the quoted text begins.
	for i := range toks {
		toks[i].start, toks[i].end = t.start, t.start
	}
	inner := &parser{src: p.src, toks: toks, depth: p.depth}
	if inner.peek().kind == tokEnd {
		return nil, nil
	}
	e, err := inner.or()
	if err != nil {
		return nil, err
	}
	if inner.peek().kind != tokEnd {
		return nil, inner.unexpected("AND, OR or the end of the quoted query")
	}
	return e, nil
}

// referenceTypes reads `refType IN ("A", "B")`, `refType = "A"` or a bare list of names.
func (p *parser) referenceTypes() ([]string, error) {
	if !p.peek().is("refType") && !p.peek().is("refTypes") && !p.peek().is("referenceType") && !p.peek().is("referenceTypes") {
		return p.names()
	}
	word := p.next()
	switch t := p.peek(); {
	case t.kind == tokOperator && (t.text == "=" || t.text == "=="):
		p.next()
		v, err := p.literal()
		return []string{v.Text}, err
	case t.is("IN"):
		p.next()
		if err := p.expect(tokOpen, "'('"); err != nil {
			return nil, err
		}
		names, err := p.names()
		if err != nil {
			return nil, err
		}
		err = p.expect(tokClose, "',' or ')'")
		return names, err
	case t.kind == tokComma || t.kind == tokClose:
		// A reference type may be called so.
		p.at--
		return p.names()
	default:
		return nil, errorAt(p.src, word.end, "expected IN or = after '%s'", word.text)
	}
}

func (p *parser) names() ([]string, error) {
	var names []string
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		names = append(names, v.Text)
		if p.peek().kind != tokComma {
			return names, nil
		}
		p.next()
	}
}

// tickets takes everything up to the matching bracket as JQL, which is not this package's to read.
func (p *parser) tickets() (Expr, error) {
	open := p.next()
	for depth := 1; ; {
		switch t := p.next(); t.kind {
		case tokOpen:
			depth++
		case tokClose:
			if depth--; depth == 0 {
				// A query given in quotation marks has no text of its own to cut from.
				if t.start == open.start {
					return nil, errorAt(p.src, open.start, "connectedTickets(…) cannot stand in a quoted query")
				}
				return &Tickets{JQL: strings.TrimSpace(p.src[open.end:t.start])}, nil
			}
		case tokEnd:
			return nil, errorAt(p.src, t.start, "expected ')' but found %s", t.describe())
		default:
		}
	}
}

func (p *parser) compare() (Expr, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	c := &Compare{Path: path}
	not := p.accept("NOT")
	t := p.peek()
	switch {
	case t.kind == tokOperator && !not:
		p.next()
		c.Op = map[string]Op{
			"=": OpEqual, "==": OpExactly, "!=": OpNotEqual,
			"<": OpLess, "<=": OpLessEqual, ">": OpGreater, ">=": OpGreaterEqual,
		}[t.text]
	case t.is("LIKE"):
		p.next()
		c.Op = either(not, OpNotLike, OpLike)
	case t.is("STARTSWITH"):
		p.next()
		c.Op = either(not, OpNotStartsWith, OpStartsWith)
	case t.is("ENDSWITH"):
		p.next()
		c.Op = either(not, OpNotEndsWith, OpEndsWith)
	case t.is("IN"):
		p.next()
		c.Op = either(not, OpNotIn, OpIn)
		c.Values, err = p.list()
		return c, err
	case t.is("IS") && !not:
		p.next()
		c.Op = either(p.accept("NOT"), OpIsNotEmpty, OpIsEmpty)
		if !p.accept("EMPTY") {
			return nil, p.unexpected("EMPTY")
		}
		return c, nil
	case not:
		return nil, p.unexpected("IN, LIKE, STARTSWITH or ENDSWITH")
	default:
		return nil, p.unexpected("an operator (=, ==, !=, <, <=, >, >=, LIKE, IN, STARTSWITH, ENDSWITH, IS EMPTY)")
	}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	c.Values = []Value{v}
	return c, nil
}

func either(cond bool, yes, no Op) Op {
	if cond {
		return yes
	}
	return no
}

// path reads names joined by dots. A dot within a word joins too; a name with a dot or a space in
// it has to be quoted.
func (p *parser) path() (Path, error) {
	start := p.peek()
	if start.kind != tokString && (start.kind != tokWord || isReserved(start.text)) {
		return Path{}, p.unexpected("an attribute or keyword")
	}
	path := Path{pos: start.start}
	needName := true
	for {
		t := p.peek()
		if t.kind == tokString {
			if !needName || t.text == "" {
				return Path{}, p.unexpected("an operator or the name of an attribute")
			}
			path.Names = append(path.Names, t.text)
			needName = false
		} else {
			for i, part := range strings.Split(t.text, ".") {
				if i > 0 {
					if needName {
						return Path{}, p.unexpected("the name of an attribute between the dots")
					}
					needName = true
				}
				if part != "" {
					path.Names = append(path.Names, part)
					needName = false
				}
			}
		}
		p.next()
		n := p.peek()
		switch {
		case needName && (n.kind == tokString || n.kind == tokWord):
		case !needName && n.kind == tokWord && strings.HasPrefix(n.text, "."):
		case needName:
			return Path{}, p.unexpected("the name of an attribute after the dot")
		default:
			return path, nil
		}
	}
}

func isReserved(word string) bool {
	return slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, word) })
}

// list reads the values of IN: a list in brackets or one function.
func (p *parser) list() ([]Value, error) {
	if p.peek().kind != tokOpen {
		if p.peek().kind == tokWord && p.ahead(1).kind == tokOpen {
			v, err := p.value()
			return []Value{v}, err
		}
		return nil, p.unexpected("'(' or a function")
	}
	p.next()
	var values []Value
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if p.peek().kind == tokClose {
			p.next()
			return values, nil
		}
		if err := p.expect(tokComma, "',' or ')'"); err != nil {
			return nil, err
		}
	}
}

func (p *parser) value() (Value, error) {
	t := p.peek()
	if t.kind != tokWord || p.ahead(1).kind != tokOpen {
		return p.literal()
	}
	name := strings.ToLower(t.text)
	if !slices.Contains(functions, name) {
		return Value{}, errorAt(p.src, t.start, "unknown function '%s'", t.text)
	}
	p.next()
	p.next()
	v := Value{Func: name, pos: t.start}
	if p.peek().kind == tokClose {
		p.next()
		return v, nil
	}
	args, err := p.names()
	if err != nil {
		return Value{}, err
	}
	v.Args = args
	err = p.expect(tokClose, "',' or ')'")
	return v, err
}

func (p *parser) literal() (Value, error) {
	t := p.peek()
	if t.kind != tokString && (t.kind != tokWord || isReserved(t.text)) {
		return Value{}, p.unexpected("a value")
	}
	p.next()
	return Value{Text: t.text, pos: t.start}, nil
}

func (p *parser) order() ([]Order, error) {
	var items []Order
	for {
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		o := Order{Path: path}
		if !p.accept("ASC") {
			o.Desc = p.accept("DESC")
		}
		items = append(items, o)
		if p.peek().kind != tokComma {
			return items, nil
		}
		p.next()
	}
}
