// Package restore plans, applies and proves the restore of a backup into a new schema, on the site it came from or on
// another one.
//
// # The flow
//
//  1. [NewPlan] reads the backup once and asks the target what it has. The [Plan] says what will be created, which users,
//     statuses and icons of the target stand for those of the backup, what the target is expected to refuse, and what it
//     all costs in calls and minutes. A dry run ends here; there is no second path.
//
//  2. [Apply] goes through the stages in their order. Before a thing is written its intent is in the [Journal], and what
//     came of it afterwards. Objects are sent by several workers, each as soon as the objects it refers to exist:
//
//     order all objects; of each cycle of references choose few objects whose references come later
//     while some object is not settled:
//     take objects whose other references are settled, enter them into the journal, create them
//     an object whose answer was lost is put aside: found by its ORIGINAL_ID it is settled,
//     not found within the patience for the search index it is sent again
//     write the references that come later; delete what was made twice; put relaxed cardinalities back
//
//  3. [Prove] reads the target back and compares it with the backup, value by value. What differs is either in the notes
//     of the journal, because the restore has reported it, or it is listed and nothing is proved.
//
// # What holds
//
//   - An object is created by one call. Only objects on a cycle of references, and few of those, are written again.
//   - Nothing is sent again after a lost answer before the target was asked, and what is made twice nevertheless is found
//     and deleted: a restore that was interrupted anywhere ends like one that was not.
//   - ORIGINAL_ID and ORIGINAL_KEY keep the identity of an object in its very first backup.
//   - What is left out is said: in the plan before, in the report and the log after, with object, attribute and cause.
//   - Memory grows by some 200 bytes per object, whatever the objects hold. Objects are read segment by segment.
//
// # What lives elsewhere
//
// How a site is spoken to, how often it may be called and which calls are repeated: package atlassian, behind [Target].
// How backups are stored: package snapshot, behind [Backup]. Where journals are kept: behind [Journal]. The order of the
// objects: package assets.
package restore
