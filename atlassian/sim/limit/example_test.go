package limit_test

import (
	"fmt"

	"stowage/atlassian/sim/limit"
)

func ExampleLimiter_Take() {
	opts, err := limit.Parse("documented")
	if err != nil {
		fmt.Println(err)
		return
	}
	site := limit.New(opts)
	refused := 0
	for range 2500 {
		if !site.Take("POST /object/create").Allowed {
			refused++
		}
	}
	fmt.Println(refused, "of 2500 calls refused")
	// Output:
	// 500 of 2500 calls refused
}
