package fault_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"stowage/atlassian/sim/fault"
)

func ExampleParse() {
	plan, err := fault.Parse([]byte(`{"rules": [
		{"op": "POST /object/create", "nth": 2, "status": 503},
		{"op": "POST /object/aql", "nth": 1, "reset": "after"}
	]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	service := plan.Wrap(
		func(r *http.Request) string { return r.Method + " " + r.URL.Path },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }),
	)
	for range 3 {
		w := httptest.NewRecorder()
		service.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/object/create", http.NoBody)) //nolint:noctx // an example
		fmt.Println(w.Code)
	}
	for _, rule := range plan.Unhit() {
		fmt.Println("never hit:", rule)
	}
	// Output:
	// 201
	// 503
	// 201
	// never hit: {"op":"POST /object/aql","nth":1,"reset":"after"}
}
