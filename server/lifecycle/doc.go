// Package lifecycle is how the app comes to a site and leaves it: the descriptor, the callbacks of the host, and the
// licence.
//
// A callback goes through these steps, see callback.go:
//
//  1. The one token of the request is verified as its route demands (atlassian/connect). Installed and uninstalled are
//     signed by Atlassian, enabled and disabled with the secret of the tenant; there is no other way in, not for the first
//     installation either.
//  2. The body, which is short and is not signed, is held against the token.
//  3. A signature of Atlassian is good for one request: a second one that asks for something else is refused. It is used up
//     with what it is for and not before, so that a callback whose recording failed may be sent again as it is.
//  4. One short transaction records what happened, and the host has its answer. Work that takes longer is a run.
//
// Callbacks come twice, late, in another order and at the same time:
//
//   - Installed is an upsert by the client key; the latest secret wins. It also comes with upgrades, new secrets, moved and
//     imported sites.
//   - Enabled and disabled only set a word. What a disabled app may do is decided by the host, which gives it no tokens;
//     a late "disabled" must not lock out a tenant.
//   - Uninstalled stops runs and schedules and makes the secret dead at once. Data is kept for a grace period, in which
//     another installation finds everything again. One that was signed before the last installation is late and changes
//     nothing.
//
// A licence has one state per tenant. Four sources speak about it: the address of a page, the host's REST resource, the
// licence webhook and, in future, others; all of them go through Licences.
//
// Who calls the API is the business of server/auth, what a tenant has lost when it is purged that of models and jobs.
package lifecycle
