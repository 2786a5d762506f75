// Command bench measures speed and cost of Stowage and prints each figure beside its bar:
//
//	go run ./test/bench [--only P1,P6] [--scale 0.1] [--markdown | --json]
//
// A whole run takes about ten minutes and 2 GB of memory. Everything runs on this machine: the sites are simulated ones,
// in this process or on a loopback port. A figure is a count, a size, a ratio of two things measured in the same run, or a rate
// by the processor time of one core, so that a machine with other things to do changes it little. A bar that is missed is printed
// as missed and does not change the exit code; a result that is wrong, such as an object lost, ends the run.
//
// One file per measurement: share.go (P2), schema.go (P1, P3, P8, on one schema of 100,000 objects), pipeline.go (P6, with the
// answers it is fed from in tape.go), memory.go (P7, with the process it measures in measure.go), service.go (P9, P10).
package main
