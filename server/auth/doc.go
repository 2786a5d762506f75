// Package auth says who is calling.
//
// A user reaches the app in two ways, and each route takes one of them:
//
//   - A page is opened by the host in a frame, with a token in the address that is bound to that address: Page.
//   - The page calls the API with a token of the user that it asked its host for: Principal.
//
// Either way the steps are the same: take the one token of the request, read which tenant claims to speak, find its
// installation, verify with the secret of that tenant alone, refuse a tenant that has uninstalled the app, and ask the
// host whether the user is an administrator. Whoever fails before the last step is told the same, whatever it was: an
// answer is no hint whether a tenant exists.
//
// Nothing in a token says what a user may do, and the conditions of the descriptor only hide menu entries. The host's
// answer is kept for a minute; when the host cannot be asked, nobody is let in.
//
// Callbacks of hosts are verified in server/lifecycle. How tokens are verified is the business of atlassian/connect.
package auth
