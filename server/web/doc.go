// Package web serves the user interface: the pages that a host shows in a frame, their assets, and the headers that say
// what a browser may do with them.
//
// A page is the same file for everybody. It is served only to whom Guard lets in, never from a cache, and with a
// Content-Security-Policy of its own that lets the site of that tenant hold it in a frame. Assets have the hash of their
// content in their names; they hold nothing of a tenant and may be kept for ever.
//
// Who is let in is decided in server/auth; data comes from server/api.
package web
