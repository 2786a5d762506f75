package restoretest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stowage/restore"
	"stowage/restore/restoretest"
)

func TestTheJournalInMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	restoretest.TestJournal(t, func(*testing.T) (restore.Journal, func() restore.Journal) {
		j := &restoretest.Journal{}
		return j, func() restore.Journal { return j }
	})
}

func TestTheSiteInMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := restoretest.NewSite()
		s.Lag = 2 * time.Second
		s.People = []restore.User{{AccountID: "a1", Name: "Ada", Active: true}}
		s.Groups["admins"] = []string{"a1"}
		restoretest.TestTarget(t, s, restoretest.TargetOptions{Prefix: "contract", Key: "CON", User: s.People[0], Group: "admins", Lag: s.Lag})
	})
}
