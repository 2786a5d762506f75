package models

import (
	"strconv"
	"time"
)

type tenantRow struct {
	ID        string    `gorm:"primaryKey;not null"`
	CreatedAt time.Time `gorm:"not null"`
	// RestoreNumbers is the number of the newest restore.
	RestoreNumbers int64 `gorm:"not null"`
	// AuditSeq and AuditHead are the number and the hash of the newest line of the audit log.
	AuditSeq  int64  `gorm:"not null"`
	AuditHead string `gorm:"not null"`
	PurgedAt  *time.Time
}

func (tenantRow) TableName() string { return "tenants" }

type checkpointRow struct {
	TenantID  string    `gorm:"primaryKey;not null"`
	RunID     string    `gorm:"primaryKey;not null"`
	State     []byte    `gorm:"not null"`
	UpdatedAt time.Time `gorm:"not null;autoUpdateTime:false"`
}

func (checkpointRow) TableName() string { return "checkpoints" }

type journalRow struct {
	TenantID string `gorm:"primaryKey;not null"`
	RunID    string `gorm:"primaryKey;not null"`
	Kind     string `gorm:"primaryKey;not null"`
	SourceID string `gorm:"primaryKey;not null"`
	TargetID string `gorm:"not null"`
	Note     string `gorm:"not null"`
	Done     bool   `gorm:"type:boolean;not null"`
}

func (journalRow) TableName() string { return "journal_entries" }

// id names an entry among all.
func (row *journalRow) id() string { return row.RunID + "/" + row.Kind + "/" + row.SourceID }

type logRow struct {
	TenantID string `gorm:"primaryKey;not null"`
	RunID    string `gorm:"primaryKey;not null"`
	Seq      int64  `gorm:"primaryKey;autoIncrement:false;not null"`
	Entry    string `gorm:"not null"`
	At       *time.Time
}

func (logRow) TableName() string { return "log_lines" }

// id names a line among all.
func (row *logRow) id() string { return row.RunID + "/" + strconv.FormatInt(row.Seq, 10) }
