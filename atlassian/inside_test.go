package atlassian

import "unsafe"

// inside says whether part is a piece of the memory of whole.
func inside(whole, part string) bool {
	if part == "" {
		return false
	}
	begin := uintptr(unsafe.Pointer(unsafe.StringData(whole))) //nolint:gosec // Addresses are compared, nothing is read through them.
	at := uintptr(unsafe.Pointer(unsafe.StringData(part)))     //nolint:gosec // As above.
	return at >= begin && at < begin+uintptr(len(whole))
}
