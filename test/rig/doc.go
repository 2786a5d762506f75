// Package rig runs the whole service against simulated sites, for the tests and programs below test: the sites with their
// small Jira (Sites), the service as a process of its own (Process), and a browser without a screen that calls the API as
// the app's pages do (Client).
package rig
