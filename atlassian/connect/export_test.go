package connect

// HashOf hashes a canonical request.
func HashOf(canonical string) string { return hash(canonical) }
