// Command bench measures speed and cost of Stowage and prints each figure beside its bar:
//
//	go run ./test/bench [--only P1,P6] [--scale 0.1] [--markdown | --json]
//
// Everything runs on this machine: the sites are simulated ones, in this process or on a loopback port. A figure is a count, a
// ratio of two things measured in the same run, or, where it is a rate, is taken on one core; none of them is a test that
// fails because a clock was slow. A bar that is missed is printed as missed and does not change the exit code.
//
// One file per measurement: share.go (P2), schema.go (P1, P3, P8, on one schema of 100,000 objects), pipeline.go (P6, with the
// answers it is fed from in tape.go), memory.go (P7, with the process it measures in measure.go).
package main
