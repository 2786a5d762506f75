// Package site joins the client of a Jira site to what the engines ask for: Source is a site to back up from, Target a
// site to restore to. The methods only carry values from one side to the other.
//
// What a Target keeps in memory is the list of users and of projects, each read once when it is first needed: a restore
// looks up thousands of names, and the search of a site finds neither inactive users nor exact names.
package site
