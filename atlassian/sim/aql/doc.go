// Package aql reads and answers the query language of Assets.
//
// The flow of one search:
//
//  1. [Parse] turns the text into a [Query]; what it cannot read is an [*Error] that says where.
//  2. [Search] resolves the names of the query against a [Data] (types, attributes, schemas) and
//     compiles the conditions into predicates over objects. A name nobody has is an [*Error] too.
//  3. The conditions are looked through for what narrows the candidates down: types, a range of
//     ids, keys, values that an index knows. Only candidates are visited, in the order of their
//     ids, and the visit ends as soon as the page is full and the count has reached its cap.
//
// Invariants: printing a query and parsing the print gives the same query; a query never changes
// the data; the same data and query give the same page.
//
// What lives elsewhere: the data itself and its locking (package world), paging and the shape of
// answers (package sim).
package aql
