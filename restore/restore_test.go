package restore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/report"
	"stowage/restore"
	"stowage/restore/restoretest"
)

// restored plans and applies a restore and proves it.
func restored(t *testing.T, b restore.Backup, s *restoretest.Site, o restore.Options) (*restore.Plan, *restoretest.Journal, restore.Result, restore.Proof) {
	t.Helper()
	j := &restoretest.Journal{}
	p, err := restore.NewPlan(t.Context(), b, s, o)
	if err != nil {
		t.Fatal(err)
	}
	result, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return p, j, result, proof
}

func TestARestoreIsPlannedAppliedAndProved(t *testing.T) {
	t.Parallel()
	b, s := itsm(), site()
	o := options()
	o.Icons = true
	p, j, result, proof := restored(t, b, s, o)
	if !proof.Proved {
		t.Errorf("not proved: %+v", proof)
	}
	for _, f := range p.Findings {
		if f.Severity == restore.SeverityFailure {
			t.Errorf("unexpected prediction %+v", f)
		}
	}
	// One second write per cycle: the assets, the one with itself, the clusters.
	if result.Created != 13 || result.Failed != 0 || result.SecondWrites != 3 || len(result.NotPutBack) > 0 {
		t.Errorf("result %+v", result)
	}
	if p.Objects.Planned != 13 || p.Objects.SecondWrites != 3 {
		t.Errorf("planned %+v", p.Objects)
	}
	if _, n := s.Calls("CreateObject"); n != 13 {
		t.Errorf("%d objects were created", n)
	}
	if _, n := s.Calls("UpdateObject"); n != 3 {
		t.Errorf("%d objects were written twice", n)
	}
	if proof.References != 10+3+1 || proof.Compared != 13 {
		t.Errorf("compared %d objects with %d references", proof.Compared, proof.References)
	}

	again, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{})
	if err != nil || again.Created != 0 || again.SecondWrites != 0 || again.Skipped != 13 {
		t.Errorf("a second run: %+v, %v", again, err)
	}
	if all := s.All(result.SchemaID); len(all) != 13 {
		t.Errorf("%d objects after the second run", len(all))
	}
}

func TestAPlanIsTheSameAfterJSON(t *testing.T) {
	t.Parallel()
	p, err := restore.NewPlan(t.Context(), itsm(), site(), options())
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	read, err := restore.ParsePlan(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(read)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(data), string(again)); diff != "" {
		t.Error(diff)
	}
	if _, err := restore.ParsePlan(bytes.Replace(data, []byte(`"ITR"`), []byte(`"XYZ"`), 1)); err == nil {
		t.Error("a changed plan is taken")
	}
	if _, err := restore.ParsePlan(bytes.Replace(data, []byte(`"version":1`), []byte(`"version":2`), 1)); err == nil {
		t.Error("a plan of a future version is taken")
	}
}

func TestTheFullLogIsOneJSONArrayWithEveryObject(t *testing.T) {
	t.Parallel()
	b, s := itsm(), site()
	s.People = s.People[:1]
	p, j, _, proof := restored(t, b, s, options())
	if !proof.Proved {
		t.Errorf("not proved: %+v", proof)
	}
	var out bytes.Buffer
	if err := restore.WriteLog(t.Context(), p, b, j, &out); err != nil {
		t.Fatal(err)
	}
	var lines []restore.LogEntry
	if err := json.Unmarshal(out.Bytes(), &lines); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 13 {
		t.Errorf("%d lines", len(lines))
	}
	warned := 0
	for _, l := range lines {
		if !l.Result || l.Message != "{ message: 'OK' }" {
			t.Errorf("line %+v", l)
		}
		for _, w := range l.Warnings {
			if w.Attribute == "Owner" && w.Cause == report.CauseUserMissing {
				warned++
			}
		}
	}
	if warned != 8 { // four objects: the missing user, and the one left out with it
		t.Errorf("%d warnings about owners", warned)
	}
}

func TestProofFindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	b, s := itsm(), site()
	p, j, result, _ := restored(t, b, s, options())
	all := s.All(result.SchemaID)
	s.Tamper(all[3].ID, func(o *assets.Object) { o.Values[0].Values[0].Text = "other" })
	proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
	if err != nil || proof.Proved || proof.Total != 1 {
		t.Errorf("a changed value: %+v, %v", proof, err)
	}
	if err := s.DeleteObject(context.Background(), all[12].ID); err != nil {
		t.Fatal(err)
	}
	proof, err = restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
	if err != nil || proof.Proved || proof.Total < 2 {
		t.Errorf("a missing object: %+v, %v", proof, err)
	}
}

func TestTheSchemaIsTold(t *testing.T) {
	t.Parallel()
	b, s, j := itsm(), site(), &restoretest.Journal{}
	p, err := restore.NewPlan(t.Context(), b, s, options())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var told []string
		created := 0
		result, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{Schema: func(id string) {
			told = append(told, id)
			_, created = s.Calls("CreateObject")
		}})
		if err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0] != result.SchemaID || result.Created > 0 && created > 0 {
			t.Errorf("told %v of schema %s after %d objects", told, result.SchemaID, created)
		}
	}
}
