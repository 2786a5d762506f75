package sim

// Feature is a part of the API that clients use although it is not documented.
type Feature string

// The undocumented features.
const (
	// FeatureComments reads and writes comments of objects.
	FeatureComments Feature = "comments"
	// FeatureAttachments reads and writes attachments of objects.
	FeatureAttachments Feature = "attachments"
	// FeatureAvatars uploads avatars of objects.
	FeatureAvatars Feature = "avatars"
	// FeatureIconUpload creates, renames and deletes icons.
	FeatureIconUpload Feature = "icon-upload"
	// FeatureSchemaIcons lists the icons of one schema.
	FeatureSchemaIcons Feature = "schema-icons"
	// FeatureRoles reads and writes the roles of schemas.
	FeatureRoles Feature = "roles"
	// FeatureSchemaProperty reads all properties of a schema.
	FeatureSchemaProperty Feature = "schema-property"
	// FeatureReferenceTypes changes and deletes reference types.
	FeatureReferenceTypes Feature = "reference-types"
	// FeatureConfigureAttribute changes an attribute by "/configure".
	FeatureConfigureAttribute Feature = "configure-attribute"
	// FeatureAttributePosition moves an attribute among those of its type.
	FeatureAttributePosition Feature = "attribute-position"
	// FeatureFieldConfig reads and writes what an Assets field of Jira may hold.
	FeatureFieldConfig Feature = "field-config"
)

// Undocumented lists all features that can be switched off.
func Undocumented() []Feature {
	return []Feature{
		FeatureComments, FeatureAttachments, FeatureAvatars, FeatureIconUpload, FeatureSchemaIcons, FeatureRoles,
		FeatureSchemaProperty, FeatureReferenceTypes, FeatureConfigureAttribute, FeatureAttributePosition, FeatureFieldConfig,
	}
}
