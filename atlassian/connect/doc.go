// Package connect holds the rules of Atlassian Connect: how its tokens are signed and bound to a request, what a host says
// when the app is installed, and which hosts may say it. Nothing here reads a database or the network: keys come through
// an interface, secrets and the time as arguments.
//
// There are four kinds of token, and one function for each. A route takes exactly one kind; the algorithm is decided by
// the function and never by the token:
//
//	VerifyInstall  installed, uninstalled       RS256, key by kid      computed qsh   Authorization header
//	VerifyEvent    enabled, disabled, webhooks  HS256, shared secret   computed qsh   Authorization header
//	VerifyPage     pages in the frame           HS256, shared secret   computed qsh   query parameter jwt
//	VerifyContext  calls of the user interface  HS256, shared secret   context-qsh    Authorization header
//
// A caller takes the token with FromHeader or FromQuery, which refuse a request that carries more than one; reads with
// Issuer which tenant claims to speak; and verifies with the secret of that tenant alone.
//
// The qsh binds a token to method, path and query of one request, see qsh.go. It does not cover the body: what a host
// says on installation is therefore checked against the token (CheckInstall), and the caller refuses a signature that was
// used before.
//
// Who the tenants are, what is stored of them and what an answer looks like is decided in server/auth and
// server/lifecycle.
package connect
