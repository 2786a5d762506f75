// Command chaos kills, cuts off, fills up and corrupts runs of Stowage and compares what is left with clean runs.
//
// It hosts the simulated Atlassian in its own process, on a loopback port, so that it can look into the simulated sites
// themselves and not at what the product says of itself, and runs the built binary against it. Where every single call of
// a run is to go wrong in every way, thousands of runs, it calls the engines directly, with the real client and the real
// journal, and takes a sample of the same through the binary.
//
// Every scenario prints rows: what was done, what came of it, the bar. The exit code is 1 if a bar is missed.
//
// A gate stands between client and simulator. It numbers the calls and does to one of them what the scenario says: an
// answer in place of the operation, an answer lost after it, a silence, a change on the site, a signal to the process.
//
// What is compared: of a backup everything that can be read from it, record by record; of a restore everything the
// target site holds, with names in the place of ids. The package judge does that.
package main
