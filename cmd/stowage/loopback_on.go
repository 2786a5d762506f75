//go:build loopback

package main

// loopbackAllowed is set in binaries built for tests.
const loopbackAllowed = true
