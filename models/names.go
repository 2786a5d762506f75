package models

import "context"

// NamesInUse says whether a schema on the site of the connection has a name, in any case, or a key. It goes by the last
// sync, and knows also of schemas that were taken from the list or could not be read.
func (t *Tenant) NamesInUse(ctx context.Context, name, key string) (nameUsed, keyUsed bool, err error) {
	var rows []schemaRow
	name = folded(storable(name))
	err = t.rows(ctx).Select("name_folded", "schema_key").Where("instance_id = '' AND status <> ?", SchemaDeleted).
		Where("name_folded = ? OR schema_key = ?", name, storable(key)).Find(&rows).Error
	for i := range rows {
		nameUsed, keyUsed = nameUsed || rows[i].NameFolded == name, keyUsed || rows[i].SchemaKey == key
	}
	return nameUsed, keyUsed, wrapped("look up names", err)
}
