// Package assets is the vocabulary of Jira Assets: schemas, object types, attributes, objects, their values and the
// references between them, together with the canonical form in which Stowage keeps them.
//
// The package does no I/O and knows no wire format of Atlassian's. Package atlassian turns what a site answers into
// these types; packages snapshot, backup and restore speak nothing else.
//
// Three promises hold throughout:
//
//   - Identifiers are opaque strings, as the site gave them. They are compared, never calculated with.
//   - What a site answers beyond the fields named here is kept verbatim in Extra, so that a backup written today
//     still holds what tomorrow's version learns to read.
//   - What can be derived from other records (links, avatar addresses, the copy of the object type inside every
//     object) is not kept twice: it would make an unchanged object look changed.
package assets
