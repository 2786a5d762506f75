package gen

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"strings"
)

var (
	words = strings.Fields(`the service runs on a cluster in region east and is backed up every night by the
		operations team which keeps its runbook current spare parts are stored near the main entrance replaced after
		warranty expired patched monitored rebooted moved to another rack connected with uplink port cable label
		contract renewed vendor contact support level gold silver bronze critical low medium high firmware driver
		version update planned maintenance window weekend owner approved budget cost center department`)
	foreign = []string{
		"Zuständig für den Rechnerraum", "サーバールームの予備機", "Équipement prêté à l'atelier", "Оборудование на складе",
		"설비 점검 완료", "מדף שלישי מימין", "🚀 released to production", "Ångström & Øre", "備品番号は未定",
	}
)

// sentence puts n words together; now and then one in another language follows.
func (o *object) sentence(n int) string {
	var b strings.Builder
	for i := range n {
		w := words[o.rand.IntN(len(words))]
		if i == 0 {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
			continue
		}
		b.WriteByte(' ')
		b.WriteString(w)
	}
	b.WriteByte('.')
	if o.rand.IntN(10) == 0 {
		b.WriteByte(' ')
		b.WriteString(foreign[o.rand.IntN(len(foreign))])
	}
	return b.String()
}

// oneOf picks a text.
func (o *object) oneOf(texts []string) string { return texts[o.rand.IntN(len(texts))] }

// tile draws a small PNG that depends on the name and the size alone.
func tile(name string, size int) []byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	bits := h.Sum32()
	img := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{
		color.NRGBA{R: uint8(bits), G: uint8(bits >> 8), B: uint8(bits >> 16), A: 0xff},
		color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff},
	})
	for y := range size {
		for x := range size {
			if bits>>((x*4/size+y*4/size*4)%32)&1 == 1 {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // writing to memory cannot fail
	}
	return b.Bytes()
}
