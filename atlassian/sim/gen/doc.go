// Package gen fills a simulated site with data: people, schemas, objects and what
// hangs on them.
//
// Everything follows from a seed. The same profile, number of objects and seed give
// the same ids, values and times in a world that was the same before; no clock is
// read beyond deciding whether the usual time of the data (the year 2024) is past.
//
// The flow is:
//
//  1. Site fills the people and the Jira side. Sites of different names share most
//     people by name, never by account id.
//  2. Fill makes the schema of a profile with its statuses, reference types, icon,
//     object types and attributes, through the same calls a client would use.
//  3. It then streams objects into the world. What kind of object comes when follows
//     a repeating pattern, so that the id of the k-th object of a type is known
//     without keeping a list, references may point to objects still to come, and
//     memory does not grow with the number of objects beyond what the world keeps.
//  4. A small share of the objects gets comments, attachments, avatars, history and
//     issues.
//
// References are acyclic but for the objects that are placed in cycles on purpose:
// between types they follow one direction, within a type they go to earlier objects.
//
// Mutate changes a share of the objects of a schema, for whoever tests what follows
// from change; Churn also deletes and creates.
//
// The profiles are itsm, hr and facilities, which look like what companies keep, and
// nasty, which holds everything that has ever broken a backup.
package gen
