package backup_test

import (
	"context"
	"iter"
	"testing"

	"stowage/backup"
	"stowage/backup/backuptest"
)

// source makes a backup.Source of one whose pages come from elsewhere.
type source struct{ shuffled }

func (s source) Objects(ctx context.Context, q backup.ObjectQuery) iter.Seq2[backup.ObjectPage, error] {
	return s.shuffled.Objects(ctx, q)
}

func TestTheSiteOfTheTestsIsASource(t *testing.T) {
	t.Parallel()
	backuptest.TestSource(t, func(t *testing.T) backuptest.Subject {
		t.Helper()
		s := backuptest.NewSite(230, 5)
		s.PageSize = 20
		return backuptest.Subject{Source: s, SchemaID: "5"}
	})
}

func TestTheCheckpointsOfTheTestsAreCheckpoints(t *testing.T) {
	t.Parallel()
	backuptest.TestCheckpoints(t, func(*testing.T) func(*testing.T) backup.Checkpoints {
		c := new(backuptest.Checkpoints)
		return func(*testing.T) backup.Checkpoints { return c }
	})
}
