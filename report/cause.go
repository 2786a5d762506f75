package report

// Cause names a documented reason. The list is closed: a new one is added here with its sentence.
type Cause string

// The documented causes.
const (
	// CauseUserMissing: the user does not exist on the target, or the account is closed or inactive there.
	CauseUserMissing Cause = "user-missing"
	// CauseUserAmbiguous: several users of the target carry the same full name.
	CauseUserAmbiguous Cause = "user-ambiguous"
	// CauseUserNotInGroup: the attribute is restricted to groups the user is not a member of.
	CauseUserNotInGroup Cause = "user-not-in-group"
	// CauseGroupMissing: the group does not exist on the target.
	CauseGroupMissing Cause = "group-missing"
	// CauseProjectMissing: the project or version does not exist on the target.
	CauseProjectMissing Cause = "project-missing"
	// CauseReferenceOutside: the object referred to is not part of what is restored.
	CauseReferenceOutside Cause = "reference-outside"
	// CauseTypeNotSelected: the object type was not chosen for this restore.
	CauseTypeNotSelected Cause = "type-not-selected"
	// CauseIconMissing: the icon has no counterpart on the target and cannot be uploaded there.
	CauseIconMissing Cause = "icon-missing"
	// CauseAvatarUnsupported: the site offers no endpoint for object avatars.
	CauseAvatarUnsupported Cause = "avatar-unsupported"
	// CauseEndpointMissing: the site does not offer an endpoint that is not documented.
	CauseEndpointMissing Cause = "endpoint-missing"
	// CauseKindUnsupported: the attribute is of a kind whose values cannot be written through the API.
	CauseKindUnsupported Cause = "kind-unsupported"
	// CauseValueTooLong: a text of 255 characters or more, which the API refuses in a Text attribute.
	CauseValueTooLong Cause = "value-too-long"
	// CauseHistoryTruncated: the history is longer than the attribute that keeps it; the newest entries are kept.
	CauseHistoryTruncated Cause = "history-truncated"
	// CauseNameForbidden: the name holds characters that the API refuses.
	CauseNameForbidden Cause = "name-forbidden"
	// CauseRejected: the site refused the object or a value of it, with the message given.
	CauseRejected Cause = "rejected"
	// CauseVanished: the item was deleted while it was being read.
	CauseVanished Cause = "vanished"
	// CauseChanged: the item changed while it was being read, more often than it was read again.
	CauseChanged Cause = "changed"
	// CauseTooLarge: the item is larger than the store can hold.
	CauseTooLarge Cause = "too-large"
	// CauseKeptInBackup: the backup holds it, and a restore does not write it.
	CauseKeptInBackup Cause = "kept-in-backup"
	// CauseOrderUnsupported: the order of attributes cannot be set through the API.
	CauseOrderUnsupported Cause = "order-unsupported"
)

// Documented says whether c is one of the causes above.
func (c Cause) Documented() bool {
	switch c {
	case CauseUserMissing, CauseUserAmbiguous, CauseUserNotInGroup, CauseGroupMissing, CauseProjectMissing, CauseReferenceOutside,
		CauseTypeNotSelected, CauseIconMissing, CauseAvatarUnsupported, CauseEndpointMissing, CauseKindUnsupported, CauseValueTooLong,
		CauseHistoryTruncated, CauseNameForbidden, CauseRejected, CauseVanished, CauseChanged, CauseTooLarge, CauseKeptInBackup, CauseOrderUnsupported:
		return true
	}
	return false
}
