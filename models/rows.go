package models

import "time"

type tenantRow struct {
	ID        string    `gorm:"primaryKey;not null"`
	CreatedAt time.Time `gorm:"not null"`
}

func (tenantRow) TableName() string { return "tenants" }

type runRow struct {
	ID          string `gorm:"primaryKey;not null"`
	TenantID    string `gorm:"not null;uniqueIndex:runs_unfinished,priority:1,where:finished_at IS NULL;index:runs_by_time,priority:1"`
	Kind        string `gorm:"not null;uniqueIndex:runs_unfinished,priority:2"`
	Fingerprint string `gorm:"not null;uniqueIndex:runs_unfinished,priority:3"`
	Target      string `gorm:"not null"`
	State       string `gorm:"not null"`
	BackupID    string `gorm:"not null"`
	Result      string `gorm:"not null"`
	LeaseOwner  string `gorm:"not null"`
	LeaseToken  int64  `gorm:"not null"`
	LeaseUntil  *time.Time
	CreatedAt   time.Time `gorm:"not null;index:runs_by_time,priority:2"`
	UpdatedAt   time.Time `gorm:"not null"`
	FinishedAt  *time.Time
}

func (runRow) TableName() string { return "runs" }

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

type logRow struct {
	TenantID string `gorm:"primaryKey;not null"`
	RunID    string `gorm:"primaryKey;not null"`
	Seq      int64  `gorm:"primaryKey;autoIncrement:false;not null"`
	Entry    string `gorm:"not null"`
}

func (logRow) TableName() string { return "log_lines" }

// allRows lists every row type, for the test that compares them with the migrated schema.
func allRows() []any {
	return []any{&tenantRow{}, &runRow{}, &checkpointRow{}, &journalRow{}, &logRow{}}
}
