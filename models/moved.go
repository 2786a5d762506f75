package models

import (
	"errors"
	"strings"

	"gorm.io/gorm"
)

// moved takes the connection along when the site of a tenant is at another address than before. Runs would look for it
// where it was.
func (t *Tenant) moved(tx *gorm.DB, from, to string) error {
	if from == "" || from == to {
		return nil
	}
	var row connectionRow
	err := tx.Where("tenant_id = ? AND site_url = ?", t.id, from).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	api := row.APIURL
	if rest, below := strings.CutPrefix(api, from+"/"); below {
		api = to + "/" + rest
	}
	err = tx.Model(&connectionRow{}).Where("tenant_id = ?", t.id).Updates(map[string]any{"site_url": to, "api_url": api, "updated_at": t.db.now()}).Error
	if err != nil {
		return err
	}
	return tx.Model(&schemaRow{}).Where("tenant_id = ? AND instance_id = '' AND instance_url = ?", t.id, from).Update("instance_url", to).Error
}
