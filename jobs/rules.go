package jobs

import "stowage/models"

// Restorable says why a backup cannot be restored, as a *Refused, or nothing.
func Restorable(b models.Backup) error { return mayRestore(b) }
