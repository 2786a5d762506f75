// Package jsonscan reads JSON in one pass and without reflection, for the one place where speed decides: pages of objects
// as a site answers them, of which most members are dropped.
//
// A Scanner walks over a document that is held as one string. The loop is always the same:
//
//	s := jsonscan.New(doc)
//	for more := s.EnterObject(); more; more = s.NextMember() {
//		switch s.Key() {
//		case "id":
//			id = s.Text()
//		default:
//			s.Skip()
//		}
//	}
//	err := s.End()
//
// Every turn of the loop takes exactly one value, with Text, Bool, Raw, Skip or a loop of its own. Errors stick: after
// the first one every method answers with nothing, and End reports it.
//
// Strings without escapes are parts of the document and keep it alive; clone what is kept for long.
//
// The Scanner accepts exactly the documents that encoding/json accepts and reads strings as it does, including its
// treatment of broken UTF-8 and lone surrogates; a fuzz test compares the two.
package jsonscan
