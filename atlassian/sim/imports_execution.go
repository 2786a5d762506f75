package sim

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"stowage/atlassian/sim/world"
)

// The states of an execution.
const (
	executionIngesting  = "INGESTING"
	executionProcessing = "PROCESSING"
	executionDone       = "DONE"
	executionCancelled  = "CANCELLED"
)

// importExecution is one import: chunks come in, then they are worked into objects.
type importExecution struct {
	id, jobID string
	number    int
	started   time.Time
	ended     time.Time
	state     string // INGESTING, DONE or CANCELLED; processing is a matter of time
	shownDone time.Time
	chunks    []json.RawMessage
	seen      map[string]bool
	progress  executionProgress
	failure   string
	actor     string
	result    *importResult
}

type executionProgress struct {
	Steps struct {
		Total       looseInt    `json:"total"`
		Current     looseInt    `json:"current"`
		Description looseString `json:"description"`
	} `json:"steps"`
	Objects struct {
		Total     looseInt `json:"total"`
		Processed looseInt `json:"processed"`
	} `json:"objects"`
}

// status is the state as it is shown: what has been worked in is shown as processing for
// a while.
func (x *importExecution) status(now time.Time) string {
	if x.state == executionDone && now.Before(x.shownDone) {
		return executionProcessing
	}
	return x.state
}

func (x *importExecution) open(now time.Time) bool {
	st := x.status(now)
	return st == executionIngesting || st == executionProcessing
}

func (s *Site) startExecution(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		switch state := s.configStatus(source); {
		case source.ModuleKey != externalImport:
			refuseImport(w, http.StatusConflict, "INVALID_IMPORT_MODULE_KEY")
			return
		case state == configRunning:
			refuseImport(w, http.StatusConflict, "IN_PROGRESS")
			return
		case state != configIdle:
			refuseImport(w, http.StatusConflict, state)
			return
		}
		s.imports.lastNumber++
		x := &importExecution{
			id: uuid.NewString(), jobID: uuid.NewString(), number: s.imports.lastNumber, started: s.now(),
			state: executionIngesting, seen: map[string]bool{}, actor: accountOf(r),
		}
		if x.actor == "" { // a container token names nobody
			x.actor = s.Credential().AccountID
		}
		source.executions = append(source.executions, x)
		at := origin(r) + "/jsm/insight/workspace/" + s.workspaceID + "/v1/importsource/" + source.id + "/executions/" + x.id
		writeJSON(w, http.StatusOK, map[string]any{"result": "success", "links": map[string]string{
			"submitProgress": at + "/progress", "submitResults": at + "/data", "getExecutionStatus": at + "/status", "cancel": at,
		}})
	})
}

// withExecution runs do with the execution in the path.
func (s *Site) withExecution(w http.ResponseWriter, r *http.Request, missing int, do func(source *importSource, x *importExecution)) {
	s.withSource(w, r, func(source *importSource) {
		id := r.PathValue("importExecutionId")
		if id == "" {
			id = r.PathValue("executionId")
		}
		for _, x := range source.executions {
			if x.id == id {
				do(source, x)
				return
			}
		}
		writeMessage(w, missing, "No import execution with id %s exists", id)
	})
}

func (s *Site) cancelExecution(w http.ResponseWriter, r *http.Request) {
	s.withExecution(w, r, http.StatusBadRequest, func(_ *importSource, x *importExecution) {
		if x.state != executionIngesting {
			refuseImport(w, http.StatusBadRequest, "NOT_IN_PROGRESS", "Only an import that is ingesting can be cancelled; this one is "+x.status(s.now()))
			return
		}
		x.state, x.ended, x.chunks = executionCancelled, s.now(), nil
		w.WriteHeader(http.StatusOK)
	})
}

func (s *Site) putExecutionProgress(w http.ResponseWriter, r *http.Request) {
	s.withExecution(w, r, http.StatusBadRequest, func(_ *importSource, x *importExecution) {
		var in executionProgress
		if err := readJSON(r, &in); err != nil {
			writeError(w, err)
			return
		}
		if x.state != executionIngesting {
			refuseImport(w, http.StatusBadRequest, "NOT_IN_PROGRESS")
			return
		}
		x.progress = in
		w.WriteHeader(http.StatusOK)
	})
}

func (s *Site) postExecutionData(w http.ResponseWriter, r *http.Request) {
	// Whoever sends the last chunk need not wait for what comes of it.
	ctx := context.WithoutCancel(r.Context())
	s.withExecution(w, r, http.StatusBadRequest, func(source *importSource, x *importExecution) {
		var in struct {
			Data      json.RawMessage `json:"data"`
			ID        looseString     `json:"clientGeneratedId"`
			Completed looseBool       `json:"completed"`
		}
		if err := readJSON(r, &in); err != nil {
			writeError(w, err)
			return
		}
		if x.state != executionIngesting {
			refuseImport(w, http.StatusBadRequest, "NOT_IN_PROGRESS", "The execution takes no more data; it is "+x.status(s.now()))
			return
		}
		empty := len(in.Data) == 0 || string(in.Data) == "null"
		switch {
		case empty && !bool(in.Completed):
			writeMessage(w, http.StatusBadRequest, "data is required")
			return
		case !empty && in.Data[0] != '{':
			writeMessage(w, http.StatusBadRequest, "data must be an object")
			return
		case !empty && !x.seen[string(in.ID)]:
			// What comes a second time under the same id, after an answer that was lost, is
			// not taken twice.
			x.chunks = append(x.chunks, in.Data)
			x.seen[string(in.ID)] = in.ID != ""
		}
		if in.Completed {
			s.process(ctx, source, x)
		}
		w.WriteHeader(http.StatusOK)
	})
}

func (s *Site) failExecution(w http.ResponseWriter, r *http.Request) {
	s.withExecution(w, r, http.StatusNotFound, func(_ *importSource, x *importExecution) {
		var in struct {
			Reason looseString `json:"failureReason"`
		}
		if err := readJSON(r, &in); err != nil {
			writeError(w, err)
			return
		}
		if in.Reason == "" {
			writeMessage(w, http.StatusBadRequest, "failureReason is required")
			return
		}
		if x.failure = string(in.Reason); x.state == executionIngesting {
			x.state, x.ended, x.chunks = executionCancelled, s.now(), nil
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func (s *Site) getExecution(w http.ResponseWriter, r *http.Request) {
	s.withExecution(w, r, http.StatusBadRequest, func(source *importSource, x *importExecution) {
		s.answerExecution(w, source, x)
	})
}

func (s *Site) getLastExecution(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		if len(source.executions) == 0 {
			writeMessage(w, http.StatusBadRequest, "There is no execution of this import yet")
			return
		}
		s.answerExecution(w, source, source.executions[len(source.executions)-1])
	})
}

// wireImportResult is what is told of an execution that is over.
type wireImportResult struct {
	Type         string                     `json:"type"`
	ID           int                        `json:"id"`
	Started      string                     `json:"started"`
	Ended        *string                    `json:"ended"`
	SchemaID     int                        `json:"objectSchemaId"`
	Result       string                     `json:"result"`
	Status       string                     `json:"status"`
	InfoMessage  *string                    `json:"infoMessage"`
	JobID        string                     `json:"jobId"`
	ImportSource string                     `json:"importSourceId"`
	Populated    []string                   `json:"populatedObjectTypes"`
	OnlyFor      []string                   `json:"onlyExecutedForObjectTypes"`
	ByType       map[string]*wireTypeResult `json:"objectTypeResultMap"`
}

// wireTypeResult counts what became of the entries of one object type. The spelling of
// duplicateEnries is the service's.
type wireTypeResult struct {
	ID                *int     `json:"id"`
	Name              string   `json:"objectTypeName"`
	TypeID            int      `json:"objectTypeId"`
	Updated           int      `json:"objectsUpdated"`
	Created           int      `json:"objectsCreated"`
	Identical         int      `json:"objectsIdentical"`
	MissingUpdated    int      `json:"objectsMissingUpdated"`
	MissingDeleted    int      `json:"objectsMissingDeleted"`
	Entries           int      `json:"entriesInSource"`
	Duplicates        int      `json:"duplicateEnries"`
	EmptyLabels       int      `json:"emptyLabelEntries"`
	EmptyExternalIDs  int      `json:"emptyExternalIdEntries"`
	Filtered          int      `json:"objectsFilteredWithQlQuery"`
	ErrorMessages     []string `json:"errorMessages"`
	ReadTime          int64    `json:"readExternalDataTimeInMs"`
	MapTime           int64    `json:"mapExternalDataTimeInMs"`
	FilterTime        int64    `json:"qlQueryFilteringTimeInMs"`
	DecideTime        int64    `json:"decidingActionsTimeInMs"`
	WriteTime         int64    `json:"writeInsightDataTimeInMs"`
	PostFunctionTime  int64    `json:"postFunctionTimeInMs"`
	ExecutionTime     int64    `json:"executionTimeInMs"`
	UpdatedReferences int      `json:"objectsWithUpdatedReferences"`
}

// importTime is how imports write a moment.
const importTime = "2006-01-02T15:04:05.000-07:00"

func (s *Site) answerExecution(w http.ResponseWriter, source *importSource, x *importExecution) {
	status := x.status(s.now())
	out := struct {
		Status   string            `json:"status"`
		Result   *wireImportResult `json:"progressResult"`
		Messages []string          `json:"errorMessages"`
		Total    int               `json:"totalNumberEntriesInImport"`
	}{Status: status, Total: max(int(x.progress.Objects.Total), 0)}
	if x.failure != "" {
		out.Messages = []string{x.failure}
	}
	if x.result != nil && status == executionDone {
		out.Total = x.result.entries
		ended := x.shownDone.UTC().Format(importTime)
		out.Result = &wireImportResult{
			Type: "IMPORT", ID: x.number, Started: x.started.UTC().Format(importTime), Ended: &ended, SchemaID: int(source.SchemaID),
			Result: "OK", Status: "FINISHED", JobID: x.jobID, ImportSource: source.id,
			Populated: x.result.populated, OnlyFor: []string{}, ByType: map[string]*wireTypeResult{},
		}
		if x.result.entries == 0 {
			none := "No data to import"
			out.Result.InfoMessage = &none
		}
		for _, t := range x.result.types {
			out.Result.ByType[world.ID(t.TypeID).String()] = t
			if len(t.ErrorMessages) > 0 {
				out.Result.Result = "FAILED"
			}
		}
	}
	writeJSON(w, http.StatusOK, out)
}

// progressOf shows an execution as a process of Assets; nil is a source without any.
func (s *Site) progressOf(source *importSource, x *importExecution) map[string]any {
	out := map[string]any{
		"category": "imports", "resourceId": source.id, "progressInPercent": 100, "status": "FINISHED", "result": "OK",
		"stepDescription": "", "currentStep": 1, "numberOfSteps": 1, "currentWorkUnits": 0, "currentWorkDescription": "",
		"currentStepTotalWorkUnits": 0, "totalWorkUnits": 0, "resultData": map[string]any{}, "resultMessage": "No data to import",
	}
	if x == nil {
		return out
	}
	out["executionUUID"], out["actor"], out["startDate"] = x.jobID, x.actor, s.stamp(x.started)
	out["currentStep"], out["numberOfSteps"] = max(int(x.progress.Steps.Current), 1), max(int(x.progress.Steps.Total), 1)
	out["currentWorkUnits"], out["totalWorkUnits"] = int(x.progress.Objects.Processed), int(x.progress.Objects.Total)
	out["currentStepTotalWorkUnits"], out["stepDescription"] = int(x.progress.Objects.Total), string(x.progress.Steps.Description)
	switch x.status(s.now()) {
	case executionIngesting:
		percent := 0
		if total := int(x.progress.Objects.Total); total > 0 {
			percent = min(100*int(x.progress.Objects.Processed)/total, 99)
		}
		out["status"], out["result"], out["progressInPercent"], out["resultMessage"] = "IN_PROGRESS", "", percent, ""
	case executionProcessing:
		out["status"], out["result"], out["progressInPercent"], out["resultMessage"] = "IN_PROGRESS", "", 99, ""
		out["stepDescription"] = "Updating references on objects"
	case executionCancelled:
		out["status"], out["result"], out["resultMessage"] = "CANCELLED", "FAILED", x.failure
		out["finishedDate"] = s.stamp(x.ended)
	default:
		out["resultMessage"] = itoa(x.result.entries) + " entries imported"
		out["finishedDate"] = s.stamp(x.shownDone)
	}
	return out
}

func (s *Site) getImportProgress(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		var last *importExecution
		if n := len(source.executions); n > 0 {
			last = source.executions[n-1]
		}
		writeJSON(w, http.StatusOK, s.progressOf(source, last))
	})
}

// startImport starts an import that fetches its data by itself. An external import has
// nothing to fetch: it ends at once, having found no data.
func (s *Site) startImport(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		switch state := s.configStatus(source); state {
		case configIdle:
			writeJSON(w, http.StatusOK, s.progressOf(source, nil))
		case configRunning:
			writeJSON(w, http.StatusOK, s.progressOf(source, source.executions[len(source.executions)-1]))
		default:
			refuseImport(w, http.StatusConflict, state)
		}
	})
}
