package aql

import "strings"

// String writes the query so that [Parse] reads the same query from it.
func (q *Query) String() string {
	var b strings.Builder
	if q.Where != nil {
		printExpr(&b, q.Where)
	}
	for i, o := range q.Order {
		switch {
		case i > 0:
			b.WriteString(", ")
		case b.Len() > 0:
			b.WriteString(" ORDER BY ")
		default:
			b.WriteString("ORDER BY ")
		}
		b.WriteString(o.Path.String())
		if o.Desc {
			b.WriteString(" DESC")
		}
	}
	return b.String()
}

// String writes the path with every name in quotes.
func (p Path) String() string {
	names := make([]string, len(p.Names))
	for i, n := range p.Names {
		names[i] = quote(n)
	}
	return strings.Join(names, ".")
}

// String writes the value as a query would have it.
func (v Value) String() string {
	if v.Func == "" {
		return quote(v.Text)
	}
	args := make([]string, len(v.Args))
	for i, a := range v.Args {
		args[i] = quote(a)
	}
	return v.Func + "(" + strings.Join(args, ", ") + ")"
}

func printExpr(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case *And:
		printTerms(b, e.Terms, " AND ")
	case *Or:
		printTerms(b, e.Terms, " OR ")
	case *Not:
		b.WriteString("NOT ")
		printBracketed(b, e.Term)
	case *Compare:
		printCompare(b, e)
	case *References:
		printReferences(b, e)
	case *Tickets:
		b.WriteString("object HAVING connectedTickets(" + e.JQL + ")")
	}
}

func printTerms(b *strings.Builder, terms []Expr, between string) {
	for i, t := range terms {
		if i > 0 {
			b.WriteString(between)
		}
		printBracketed(b, t)
	}
}

// printBracketed puts brackets around what would otherwise be read differently.
func printBracketed(b *strings.Builder, e Expr) {
	switch e.(type) {
	case *And, *Or, *Not:
		b.WriteByte('(')
		printExpr(b, e)
		b.WriteByte(')')
	default:
		printExpr(b, e)
	}
}

func printCompare(b *strings.Builder, c *Compare) {
	b.WriteString(c.Path.String() + " " + c.Op.String())
	switch c.Op {
	case OpIsEmpty, OpIsNotEmpty:
	case OpIn, OpNotIn:
		if len(c.Values) == 1 && c.Values[0].Func != "" {
			b.WriteString(" " + c.Values[0].String())
			return
		}
		b.WriteString(" (")
		for i, v := range c.Values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(v.String())
		}
		b.WriteByte(')')
	default:
		b.WriteString(" " + c.Values[0].String())
	}
}

func printReferences(b *strings.Builder, r *References) {
	name := "outboundReferences("
	if r.Inbound {
		name = "inboundReferences("
	}
	b.WriteString("object HAVING " + name)
	if r.Where != nil {
		printExpr(b, r.Where)
	}
	if len(r.Types) > 0 {
		b.WriteString(", refType IN (")
		for i, t := range r.Types {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quote(t))
		}
		b.WriteByte(')')
	}
	b.WriteByte(')')
}
