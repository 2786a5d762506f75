package atlassian

import "unsafe"

// inside says whether part is a piece of the memory of whole.
func inside(whole, part string) bool {
	if part == "" {
		return false
	}
	begin := uintptr(unsafe.Pointer(unsafe.StringData(whole)))
	at := uintptr(unsafe.Pointer(unsafe.StringData(part)))
	return at >= begin && at < begin+uintptr(len(whole))
}
