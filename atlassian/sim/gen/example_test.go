package gen_test

import (
	"fmt"

	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
)

func ExampleFill() {
	site := world.New(world.Options{Name: "acme"})
	report, err := gen.Fill(site, gen.Profile{Name: gen.ITSM}, 5000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Key, report.Types, "types in", report.Levels, "levels,", report.Objects, "objects")
	// Output:
	// ITSM 12 types in 3 levels, 5000 objects
}
