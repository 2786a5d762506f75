// Package endtoend tests the whole product against the simulated Atlassian: engines, client, format, store and database
// together, judged by looking into the simulated sites themselves and not by what the product says of itself.
package endtoend
