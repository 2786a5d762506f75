package snapshot

// Kind says what a record is.
type Kind string

// The kinds of record. Group and id are what the caller gives; the ones named here are those that the engines use.
const (
	KindSchema         Kind = "schema"
	KindProperties     Kind = "properties"
	KindStatusTypes    Kind = "statusTypes"
	KindReferenceTypes Kind = "referenceTypes"
	KindIcons          Kind = "icons"
	KindObjectTypes    Kind = "objectTypes"
	KindAttributes     Kind = "attributes"
	// KindObjects: written by Writer.Object, the group being the object type.
	KindObjects Kind = "objects"
	// KindHistory, KindComments and KindAttachments: the id is that of the object; several records may have one id.
	KindHistory     Kind = "history"
	KindComments    Kind = "comments"
	KindAttachments Kind = "attachments"
	// KindIssueObjects: the id is that of the issue.
	KindIssueObjects Kind = "issueObjects"
	// KindReport holds the lines of the report of the backup.
	KindReport Kind = "report"
	// KindIconImages, KindAttachmentData and KindAvatars hold bytes, by the id of the icon, attachment and object.
	KindIconImages     Kind = "iconImages"
	KindAttachmentData Kind = "attachmentData"
	KindAvatars        Kind = "avatars"

	// kindStructure is the segment kind that the small kinds share.
	kindStructure Kind = "structure"
	kindIndex     Kind = "index"
)

// form is how a record of some kind looks in a segment.
type form int

const (
	formUnknown form = iota
	formDocument
	formObject
	formBytes
	formIndex
)

// traits returns the form of a record kind and the segment kind it is kept in.
func (k Kind) traits() (form, Kind) {
	switch k {
	case KindSchema, KindProperties, KindStatusTypes, KindReferenceTypes, KindIcons, KindObjectTypes, KindAttributes:
		return formDocument, kindStructure
	case KindObjects:
		return formObject, k
	case KindHistory, KindComments, KindAttachments, KindIssueObjects, KindReport:
		return formDocument, k
	case KindIconImages, KindAttachmentData, KindAvatars:
		return formBytes, k
	case kindIndex:
		return formIndex, k
	default:
		return formUnknown, ""
	}
}

// indexed says whether records in segments of this kind are found through an index.
func (k Kind) indexed() bool {
	return k != kindStructure && k != kindIndex
}

// segmentKinds lists the kinds of segment in the order in which open ones are stored.
var segmentKinds = [...]Kind{
	kindStructure, KindIconImages, KindObjects, KindHistory, KindComments, KindAttachments, KindAttachmentData, KindAvatars,
	KindIssueObjects, KindReport, kindIndex,
}
