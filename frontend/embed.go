// Package frontend holds the built user interface. Its sources are built with Node into dist/, which is embedded as it is;
// without them the package compiles all the same and holds nothing.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the built user interface: index.html and assets/. It has no index.html when nothing was built.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// The directory is named by the line above.
		panic(err)
	}
	return sub
}
