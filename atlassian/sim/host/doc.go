// Package host is the host's side of Atlassian Connect: it installs an app into the
// sites of a simulated Atlassian and shows the app in a small Jira.
//
// A [Host] wraps a [sim.Sim] and is an [http.Handler] for everything the simulator
// serves and, below the address of each site,
//
//   - the small Jira for people: projects, "Manage apps", the log of what was said
//     between host and app, and the page of an app in an iframe;
//   - the REST resources that an app asks with a token of its own;
//
// and below "/_connect" what all sites share: the script all.js that apps load, and
// the public keys of signed installs, by kid. Programs drive it with Go methods or
// with JSON under "/_sim/apps".
//
// The life of an app on a site:
//
//  1. [Site.Install] fetches the descriptor, makes a shared secret, and posts
//     "installed" signed with RS256. Only when the app answers 200 or 204 is it
//     installed; then "enabled" follows, signed with the shared secret.
//  2. The page of the app is an iframe whose address carries a token over method,
//     path and query; in it, all.js asks the page around it for context tokens.
//  3. Installing again, upgrading, rotating the secret and renaming the site post
//     "installed" again. [Site.Uninstall] posts "disabled" and "uninstalled" at the
//     same moment, once, whatever the app answers.
//
// Invariants: a token or a shared secret is never in the log or on a page other than
// inside the address of the iframe it is for; an app that is not enabled gets no
// token and its own tokens are refused.
//
// The package shares no code with the client of Atlassian or with the app's side of
// Connect: tokens, their query hashes and all messages are written from the
// description a second time, so that a mistake in one is seen by the other. What is
// chosen where nothing is known stands in DEVIATIONS.md of the simulator.
package host
