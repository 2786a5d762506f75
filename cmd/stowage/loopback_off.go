//go:build !loopback

package main

// loopbackAllowed says whether the service may speak to sites on this machine. Only binaries built for tests, with the tag
// loopback, may: no setting of a released binary can send its requests to the network it stands in.
const loopbackAllowed = false
