package gen

import (
	"strings"
)

// Oddities are texts that have broken programs which handle texts. Each is at most
// 254 characters long, so that the service takes it as a text.
func Oddities() []string {
	return []string{
		// right to left
		"שלום עולם",
		// both directions
		"مرحبا (123) abc",
		// override of the direction
		"\u202egnirts desrever",
		// combining marks, not composed
		"e\u0301\u0302\u0323 n\u0303",
		// equal to the eye only
		"é vs e\u0301",
		// emoji of several code points
		"🦄👩‍👩‍👧‍👦🏳️‍🌈👍🏽",
		"zero\u200bwidth\u200d\ufeffspace",
		"\u00a0no-break\u2007space\u3000",
		"  leading and trailing  ",
		"tab\tand\nnewline\r\nand return",
		"control\u0001\u001f\u007fcharacters",
		// change their length with their case
		"Ⅻ ﬁ ﬀ ß ẞ İ ı",
		// outside of the basic plane
		"𝕳𝖊𝖑𝖑𝖔 𐍈 \U0010fffd",
		"Z\u0351\u036b\u0343a\u0328\u0334l\u0335g\u0338o\u0321",
		`"Name" = "x" OR objectId > 0`,
		`objectType IN ("Server", 'Laptop') ORDER BY Key DESC`,
		`${Name} {{.Name}} %s %00 %d`,
		`\"escaped\" \\ back\slash \u0041`,
		`'; DROP TABLE objects; --`,
		`<script>alert("1")</script> &amp; &#x27;`,
		`=1+1`, `@SUM(A1)`, `-`, `.`, `..`, `../../etc/passwd`,
		"null", "true", "0", "-0", "NaN", "1e309", "[]", "{}", `""`,
		"ITSM-1", "NASTY-1", "objectId",
		"a,b;c|d\te", `comma, "quoted", text`,
		"Filter me",
		strings.Repeat("x", 254),
		strings.Repeat("é", 254),
		strings.Repeat("🦄", 254),
	}
}

// hugeText is a text area of ten million bytes, not all alike.
func hugeText() string {
	const size = 10 << 20
	var b strings.Builder
	b.Grow(size + 64)
	for i := 0; b.Len() < size; i++ {
		b.WriteString(words[i*7%len(words)])
		b.WriteString(" ü ")
		b.WriteString(words[(i*i+3)%len(words)])
		b.WriteByte('\n')
	}
	return strings.ToValidUTF8(b.String()[:size], "")
}
