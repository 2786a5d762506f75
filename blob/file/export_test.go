package file

// Translate is translate, for the tests.
var Translate = translate
