package aql

import (
	"strconv"
	"strings"
	"time"
)

// operand is one value of a condition, made ready to be compared with the data.
type operand struct {
	text, fold string
	number     float64
	isNumber   bool
	at         time.Time
	width      time.Duration
	isTime     bool
	// people and groups replace the text when the value is group(…), user(…) or currentUser().
	people, groups map[string]bool
}

func (c *compiler) operands(values []Value) ([]operand, error) {
	out := make([]operand, 0, len(values))
	for _, v := range values {
		o, err := c.operand(v)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func (c *compiler) operand(v Value) (operand, error) {
	switch v.Func {
	case "":
		return literal(v.Text), nil
	case "currentuser":
		if len(v.Args) != 0 {
			return operand{}, errorAt(c.src, v.pos, "currentUser() takes no argument")
		}
		viewer := c.data.Viewer()
		o := operand{people: map[string]bool{strings.ToLower(viewer): true}, groups: map[string]bool{}}
		for _, g := range c.data.Groups(viewer) {
			o.groups[strings.ToLower(g)] = true
		}
		return o, nil
	case "group":
		if len(v.Args) == 0 {
			return operand{}, errorAt(c.src, v.pos, "group() needs the name of a group")
		}
		o := operand{people: map[string]bool{}, groups: map[string]bool{}}
		for _, g := range v.Args {
			o.groups[strings.ToLower(g)] = true
			for _, m := range c.data.Members(g) {
				o.people[strings.ToLower(m)] = true
			}
		}
		return o, nil
	case "user":
		if len(v.Args) == 0 {
			return operand{}, errorAt(c.src, v.pos, "user() needs a user")
		}
		o := operand{people: map[string]bool{}, groups: map[string]bool{}}
		for _, u := range v.Args {
			o.people[strings.ToLower(u)] = true
			for _, g := range c.data.Groups(u) {
				o.groups[strings.ToLower(g)] = true
			}
		}
		return o, nil
	case "objecttypeandchildren":
		return operand{}, errorAt(c.src, v.pos, "objectTypeAndChildren() can be compared with objectType only")
	}
	at, _, problem := callTime(v.Func, v.Args, c.data.Now())
	if problem != "" {
		return operand{}, errorAt(c.src, v.pos, "%s", problem)
	}
	text := at.Format(time.RFC3339Nano)
	return operand{text: text, fold: strings.ToLower(text), at: at, width: time.Millisecond, isTime: true}, nil
}

func literal(text string) operand {
	o := operand{text: text, fold: strings.ToLower(text)}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		o.number, o.isNumber = n, true
	}
	o.at, o.width, o.isTime = parseTime(text)
	return o
}

// test decides about one value of an object.
type test func(d *Datum) bool

// testFor makes the test of an operator that is not negated.
func testFor(op Op, operands []operand) test {
	switch op {
	case OpLike, OpStartsWith, OpEndsWith:
		match := map[Op]func(s, part string) bool{OpLike: strings.Contains, OpStartsWith: strings.HasPrefix, OpEndsWith: strings.HasSuffix}[op]
		part := operands[0].fold
		return func(d *Datum) bool {
			return d.anyText(func(s string) bool { return match(strings.ToLower(s), part) })
		}
	case OpLess, OpLessEqual, OpGreater, OpGreaterEqual:
		o := &operands[0]
		return func(d *Datum) bool {
			c, ok := o.compare(d)
			return ok && ordered(op, c)
		}
	case OpExactly:
		o := &operands[0]
		return func(d *Datum) bool {
			if d.Kind == KindNumber || d.Kind == KindTime || o.people != nil {
				return o.equals(d)
			}
			return d.anyText(func(s string) bool { return s == o.text })
		}
	case OpIn:
		if len(operands) > 8 {
			return inSet(operands)
		}
	default:
	}
	return func(d *Datum) bool {
		for i := range operands {
			if operands[i].equals(d) {
				return true
			}
		}
		return false
	}
}

// inSet answers long lists without walking through them for every value.
func inSet(operands []operand) test {
	texts := make(map[string]bool, len(operands))
	var rest []operand
	for _, o := range operands {
		if o.people != nil || o.isTime {
			rest = append(rest, o)
			continue
		}
		texts[o.fold] = true
		if o.isNumber {
			texts[number(o.number)] = true
		}
	}
	return func(d *Datum) bool {
		if d.Kind == KindNumber && texts[number(d.Number)] {
			return true
		}
		if d.anyText(func(s string) bool { return texts[strings.ToLower(s)] }) {
			return true
		}
		for i := range rest {
			if rest[i].equals(d) {
				return true
			}
		}
		return false
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func (d *Datum) anyText(match func(string) bool) bool {
	return match(d.Text) || d.Also[0] != "" && match(d.Also[0]) || d.Also[1] != "" && match(d.Also[1])
}

func (o *operand) equals(d *Datum) bool {
	if o.people != nil {
		set := o.people
		if d.Kind == KindGroup {
			set = o.groups
		}
		return d.anyText(func(s string) bool { return set[strings.ToLower(s)] })
	}
	switch {
	case d.Kind == KindNumber && o.isNumber:
		return d.Number == o.number
	case d.Kind == KindTime && o.isTime && !d.Time.IsZero():
		return !d.Time.Before(o.at) && d.Time.Before(o.at.Add(o.width))
	default:
		return d.anyText(func(s string) bool {
			return len(s) == len(o.text) && strings.EqualFold(s, o.text) || strings.ToLower(s) == o.fold
		})
	}
}

// compare orders the value before (-1) or after (1) the operand. What has no order with it is not ok.
func (o *operand) compare(d *Datum) (c int, ok bool) {
	switch {
	case o.people != nil:
		return 0, false
	case d.Kind == KindNumber:
		if !o.isNumber {
			return 0, false
		}
		switch {
		case d.Number < o.number:
			return -1, true
		case d.Number > o.number:
			return 1, true
		default:
			return 0, true
		}
	case d.Kind == KindTime && !d.Time.IsZero():
		if !o.isTime {
			return 0, false
		}
		return d.Time.Compare(o.at), true
	default:
		return strings.Compare(strings.ToLower(d.Text), o.fold), true
	}
}

func ordered(op Op, c int) bool {
	switch op {
	case OpLess:
		return c < 0
	case OpLessEqual:
		return c <= 0
	case OpGreater:
		return c > 0
	default:
		return c >= 0
	}
}

// positive takes the negation out of an operator.
func positive(op Op) (Op, bool) {
	switch op {
	case OpNotEqual:
		return OpEqual, true
	case OpNotLike:
		return OpLike, true
	case OpNotIn:
		return OpIn, true
	case OpNotStartsWith:
		return OpStartsWith, true
	case OpNotEndsWith:
		return OpEndsWith, true
	case OpIsEmpty:
		return OpIsNotEmpty, true
	default:
		return op, false
	}
}
