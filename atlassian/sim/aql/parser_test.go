package aql

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var withoutPositions = cmpopts.IgnoreUnexported(Query{}, Path{}, Value{})

func TestQueriesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ src, want string }{
		{``, ``},
		{"  \n\t ", ``},
		{`Name = Ted`, `"Name" = "Ted"`},
		{`Owner = "Ted Anderson"`, `"Owner" = "Ted Anderson"`},
		{`Owner="Ted Anderson"`, `"Owner" = "Ted Anderson"`},
		{`"Belongs to Department".Name = HR`, `"Belongs to Department"."Name" = "HR"`},
		{`A.B.C = 1`, `"A"."B"."C" = "1"`},
		{`A."B c".D != 1`, `"A"."B c"."D" != "1"`},
		{`Name == "x"`, `"Name" == "x"`},
		{`Name != x`, `"Name" != "x"`},
		{`Size < 1 and size <= 2 AND Size > 3 And SIZE >= 4.5`, `"Size" < "1" AND "size" <= "2" AND "Size" > "3" AND "SIZE" >= "4.5"`},
		{`Name LIKE Fr`, `"Name" LIKE "Fr"`},
		{`Name not like Fr`, `"Name" NOT LIKE "Fr"`},
		{`Name startsWith Fr`, `"Name" STARTSWITH "Fr"`},
		{`Name not startswith Fr`, `"Name" NOT STARTSWITH "Fr"`},
		{`Name endsWith Fr`, `"Name" ENDSWITH "Fr"`},
		{`Name NOT endsWith Fr`, `"Name" NOT ENDSWITH "Fr"`},
		{`Name IS EMPTY`, `"Name" IS EMPTY`},
		{`Name is not empty`, `"Name" IS NOT EMPTY`},
		{`Name in (a, "b c" ,'d')`, `"Name" IN ("a", "b c", "d")`},
		{`Name NOT IN (a)`, `"Name" NOT IN ("a")`},
		{`a=1 or b=2 and c=3`, `"a" = "1" OR ("b" = "2" AND "c" = "3")`},
		{`(a=1 or b=2) and c=3`, `("a" = "1" OR "b" = "2") AND "c" = "3"`},
		{`not a=1 and b=2`, `(NOT "a" = "1") AND "b" = "2"`},
		{`NOT (a=1 OR b=2)`, `NOT ("a" = "1" OR "b" = "2")`},
		{`((a=1))`, `"a" = "1"`},
		{`Created > now("-2h 15m")`, `"Created" > now("-2h 15m")`},
		{`Created > startOfDay(-1) AND Updated < endOfWeek()`, `"Created" > startofday("-1") AND "Updated" < endofweek()`},
		{`User = currentUser()`, `"User" = currentuser()`},
		{`User IN group("jira-users")`, `"User" IN group("jira-users")`},
		{`Group in user("admin", "manager")`, `"Group" IN user("admin", "manager")`},
		{`objectType IN objectTypeAndChildren("Asset Details")`, `"objectType" IN objecttypeandchildren("Asset Details")`},
		{`objectTypeAndChildren("Asset Details")`, `"objectType" IN objecttypeandchildren("Asset Details")`},
		{`object having inboundReferences()`, `object HAVING inboundReferences()`},
		{`object HAVING inR(Name = "Ted", refType in ("Location", Country))`, `object HAVING inboundReferences("Name" = "Ted", refType IN ("Location", "Country"))`},
		{`inboundReferences(Name = Ted, "Location")`, `object HAVING inboundReferences("Name" = "Ted", refType IN ("Location"))`},
		{`outboundReferences(objectType = Host, refTypes = Uses)`, `object HAVING outboundReferences("objectType" = "Host", refType IN ("Uses"))`},
		{`object having outR(, refType IN (Uses))`, `object HAVING outboundReferences(, refType IN ("Uses"))`},
		{`outboundReferences("objectType = \"Host x\"")`, `object HAVING outboundReferences("objectType" = "Host x")`},
		{`outboundReferences(object having inboundReferences(a=1))`, `object HAVING outboundReferences(object HAVING inboundReferences("a" = "1"))`},
		{`object NOT HAVING inboundReferences()`, `NOT object HAVING inboundReferences()`},
		{`object HAVING connectedTickets()`, `object HAVING connectedTickets()`},
		{`object HAVING connectedTickets(project = "A (b)" AND labels IN (x))`, `object HAVING connectedTickets(project = "A (b)" AND labels IN (x))`},
		{`a=1 ORDER BY Name`, `"a" = "1" ORDER BY "Name"`},
		{`a=1 order by "Belongs to".Name desc, Key ASC, objectId`, `"a" = "1" ORDER BY "Belongs to"."Name" DESC, "Key", "objectId"`},
		{`ORDER BY Created DESC`, `ORDER BY "Created" DESC`},
		{`order = 1`, `"order" = "1"`},
		{`Name = "15\" Screen"`, `"Name" = "15\" Screen"`},
		{`Name = 15\"`, `"Name" = "15\""`},
		{`Path = "C:\dir\\x"`, `"Path" = "C:\\dir\\x"`},
		{`"IP" = 10.0.0.1 AND Mail = a@b.example AND URL = https://x.example/?q`, `"IP" = "10.0.0.1" AND "Mail" = "a@b.example" AND "URL" = "https://x.example/?q"`},
		{`Größe = "日本 語"`, `"Größe" = "日本 語"`},
		{`Key = ITSM-88 AND Created >= 2021-02-16`, `"Key" = "ITSM-88" AND "Created" >= "2021-02-16"`},
		{`Name = ""`, `"Name" = ""`},
	} {
		q, err := Parse(tt.src)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		if diff := cmp.Diff(tt.want, q.String()); diff != "" {
			t.Errorf("%s: %s", tt.src, diff)
		}
	}
}

func TestWhatCannotBeReadIsAnErrorThatSaysWhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src          string
		line, column int
		message      string
	}{
		{`Name`, 1, 5, "expected an operator"},
		{`Name =`, 1, 7, "expected a value but found the end of the query"},
		{`Name = a b`, 1, 10, "expected AND, OR, ORDER BY or the end of the query but found 'b'"},
		{`Name = "abc`, 1, 8, "no closing quotation mark"},
		{"Name = a\nAND (b = c", 2, 11, "expected AND, OR or ')'"},
		{`= 1`, 1, 1, "expected an attribute or keyword but found '='"},
		{`AND a = 1`, 1, 1, "expected an attribute or keyword but found 'AND'"},
		{`a = 1 AND`, 1, 10, "expected an attribute or keyword but found the end"},
		{`a = AND`, 1, 5, "expected a value but found 'AND'"},
		{`a IN ()`, 1, 7, "expected a value but found ')'"},
		{`a IN b`, 1, 6, "expected '(' or a function"},
		{`a IN (b c)`, 1, 9, "expected ',' or ')'"},
		{`a IS b`, 1, 6, "expected EMPTY"},
		{`a NOT b`, 1, 7, "expected IN, LIKE"},
		{`a ~ b`, 1, 3, "expected an operator"},
		{`a <> b`, 1, 4, "expected a value but found '>'"},
		{`a = foo(1)`, 1, 5, "unknown function 'foo'"},
		{`foo(1) = 2`, 1, 1, "but found the function 'foo'"},
		{`a..b = 1`, 1, 1, "between the dots"},
		{`a. = 1`, 1, 4, "after the dot"},
		{`"" = 1`, 1, 1, "the name of an attribute"},
		{`a = 1 ORDER BY`, 1, 15, "expected an attribute or keyword"},
		{`a = 1 ORDER BY b c`, 1, 18, "expected AND, OR, ORDER BY or the end"},
		{`object HAVING x`, 1, 15, "expected inboundReferences"},
		{`object HAVING inboundReferences(a = 1`, 1, 38, "expected AND, OR, ',' or ')'"},
		{`object HAVING inboundReferences("a = ")`, 1, 33, "expected a value"},
		{`object HAVING connectedTickets(a`, 1, 33, "expected ')'"},
		{`Größe ist`, 1, 7, "expected an operator"},
		{`)`, 1, 1, "expected an attribute"},
		{strings.Repeat("(", 500), 1, 201, "nested deeper"},
		{strings.Repeat("NOT ", 500), 1, 801, "nested deeper"},
	} {
		_, err := Parse(tt.src)
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%.40s: got %v, want an *Error", tt.src, err)
			continue
		}
		if e.Line != tt.line || e.Column != tt.column || !strings.Contains(e.Message, tt.message) {
			t.Errorf("%.40s: got %d:%d %q, want %d:%d %q", tt.src, e.Line, e.Column, e.Message, tt.line, tt.column, tt.message)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		``, `a=1`, `"a b".c != "x\"y" OR not (d IS EMPTY)`, `a IN (1,"2",now()) ORDER BY b DESC, c`,
		`object HAVING inboundReferences(a = 1, refType IN ("x")) AND outR()`, `connectedTickets(a = "(")`,
		`objectTypeAndChildren("A")`, `a NOT STARTSWITH 'x' AND b ENDSWITH \"`, `outR("a = 1", x)`, "a\xff=\xfe", `NOT NOT a=1`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		q, err := Parse(src)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("not an *Error: %v", err)
			}
			return
		}
		printed := q.String()
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", src, printed, err)
		}
		if diff := cmp.Diff(q, again, withoutPositions); diff != "" {
			t.Fatalf("%q printed as %q: %s", src, printed, diff)
		}
	})
}
