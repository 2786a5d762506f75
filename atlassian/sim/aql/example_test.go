package aql_test

import (
	"fmt"

	"stowage/atlassian/sim/aql"
)

func ExampleParse() {
	q, err := aql.Parse(`objectType = Server AND "Runs for".Name != "Ann Lee" ORDER BY objectId`)
	fmt.Println(q, err)
	_, err = aql.Parse(`objectType = Server AND`)
	fmt.Println(err)
	// Output:
	// "objectType" = "Server" AND "Runs for"."Name" != "Ann Lee" ORDER BY "objectId" <nil>
	// the AQL is not valid: expected an attribute or keyword but found the end of the query (line 1, column 24)
}
