package aql

// Query is a parsed query. A nil Where matches every object.
type Query struct {
	Where Expr
	Order []Order
	// src is kept for the positions of errors found while names are resolved.
	src string
}

// Order is one item of the ORDER BY clause.
type Order struct {
	Path Path
	Desc bool
}

// Expr is a condition: [*And], [*Or], [*Not], [*Compare], [*References] or [*Tickets].
type Expr interface{ expr() }

// And holds when all its terms hold; it has at least two.
type And struct{ Terms []Expr }

// Or holds when one of its terms holds; it has at least two.
type Or struct{ Terms []Expr }

// Not holds when its term does not.
type Not struct{ Term Expr }

// Compare asks something of an attribute or keyword.
type Compare struct {
	Path   Path
	Op     Op
	Values []Value
}

// References holds for objects with a matching object at the other end of a reference.
type References struct {
	// Inbound is about objects that refer to this one, otherwise those this one refers to.
	Inbound bool
	// Where is asked of the other object; nil matches any.
	Where Expr
	// Types are names of reference types; none means any.
	Types []string
}

// Tickets holds for objects that are connected to an issue matching JQL; empty matches any issue.
type Tickets struct{ JQL string }

func (*And) expr()        {}
func (*Or) expr()         {}
func (*Not) expr()        {}
func (*Compare) expr()    {}
func (*References) expr() {}
func (*Tickets) expr()    {}

// Path is an attribute or keyword, reached through references when it has several names.
type Path struct {
	Names []string
	pos   int
}

// Value is a literal, or a call of a function when Func is set.
type Value struct {
	// Text is the literal as written, without quotes.
	Text string
	// Func is the name of the function in lower case.
	Func string
	Args []string
	pos  int
}

// Op is what a [Compare] asks.
type Op uint8

// The operators.
const (
	OpEqual Op = iota + 1
	OpExactly
	OpNotEqual
	OpLess
	OpLessEqual
	OpGreater
	OpGreaterEqual
	OpLike
	OpNotLike
	OpIn
	OpNotIn
	OpStartsWith
	OpNotStartsWith
	OpEndsWith
	OpNotEndsWith
	OpIsEmpty
	OpIsNotEmpty
)

var opText = [...]string{
	OpEqual: "=", OpExactly: "==", OpNotEqual: "!=", OpLess: "<", OpLessEqual: "<=", OpGreater: ">", OpGreaterEqual: ">=",
	OpLike: "LIKE", OpNotLike: "NOT LIKE", OpIn: "IN", OpNotIn: "NOT IN",
	OpStartsWith: "STARTSWITH", OpNotStartsWith: "NOT STARTSWITH", OpEndsWith: "ENDSWITH", OpNotEndsWith: "NOT ENDSWITH",
	OpIsEmpty: "IS EMPTY", OpIsNotEmpty: "IS NOT EMPTY",
}

// String is the operator as it is written in a query.
func (o Op) String() string {
	if int(o) < len(opText) {
		return opText[o]
	}
	return ""
}
