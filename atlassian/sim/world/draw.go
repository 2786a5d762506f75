package world

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
)

// drawPNG draws a picture that is the same for the same name: a coloured tile with a
// symmetric pattern of 5 by 5 squares.
func drawPNG(name string, size int) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	bits := h.Sum64()
	shade := func(shift uint) uint8 { return uint8(0x40 + bits>>shift&0x7f) }
	img := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{
		color.NRGBA{R: shade(40), G: shade(47), B: shade(54), A: 0xff},
		color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff},
	})
	const squares, margin = 5, 1
	cells := squares + 2*margin
	for y := range size {
		for x := range size {
			cx, cy := x*cells/size-margin, y*cells/size-margin
			if cx < 0 || cy < 0 || cx >= squares || cy >= squares {
				continue
			}
			if bit := uint(cy*3 + min(cx, squares-1-cx)); bits>>bit&1 == 1 {
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

// isPNG tells whether some bytes are a PNG image that can be read.
func isPNG(b []byte) bool {
	_, err := png.DecodeConfig(bytes.NewReader(b))
	return err == nil
}
