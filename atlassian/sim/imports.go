package sim

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"stowage/atlassian/sim/world"
)

// The external import: a source that a person has made in the settings of a schema gets a
// mapping (what types and attributes there are, and where their values stand in the data),
// then data in chunks, which is worked into objects when the last chunk has come.

// importRoutes registers the imports, documented all.
func (s *Site) importRoutes(rt *assetsRouter) {
	rt.HandleFunc("POST /import/start/{id}", s.startImport)
	rt.HandleFunc("GET /progress/category/imports/{id}", s.getImportProgress)
	rt.HandleFunc("GET /importsource/{id}", s.getImportSource)
	const source = "/importsource/{importSourceId}"
	rt.HandleFunc("PUT "+source+"/mapping", s.putMapping)
	rt.HandleFunc("PATCH "+source+"/mapping", s.patchMapping)
	rt.HandleFunc("GET "+source+"/mapping/progress/{resourceId}", s.getMappingProgress)
	rt.HandleFunc("GET "+source+"/configstatus", s.getConfigStatus)
	rt.HandleFunc("GET "+source+"/schema-and-mapping", s.getSchemaAndMapping)
	rt.HandleFunc("POST "+source+"/executions", s.startExecution)
	rt.HandleFunc("GET "+source+"/executions/status", s.getLastExecution)
	rt.HandleFunc("DELETE "+source+"/executions/{importExecutionId}", s.cancelExecution)
	rt.HandleFunc("PUT "+source+"/executions/{importExecutionId}/progress", s.putExecutionProgress)
	rt.HandleFunc("POST "+source+"/executions/{importExecutionId}/data", s.postExecutionData)
	rt.HandleFunc("GET "+source+"/executions/{importExecutionId}/status", s.getExecution)
	rt.HandleFunc("POST "+source+"/executions/{executionId}/history/failed", s.failExecution)
	rt.HandleFunc("POST "+source+"/token", s.createContainerToken)
	rt.HandleFunc("GET "+source+"/schedule", s.getScheduleLinks)
	rt.HandleFunc("POST "+source+"/importschedule", s.createSchedule)
	rt.HandleFunc("GET "+source+"/importschedule/{importScheduleId}", s.getSchedule)
	rt.HandleFunc("PUT "+source+"/importschedule/{importScheduleId}", s.updateSchedule)
	rt.HandleFunc("DELETE "+source+"/importschedule/{importScheduleId}", s.deleteSchedule)
}

// externalImport is the kind of import that this API feeds.
const externalImport = "rlabs-import-type-external"

// ImportSourceInput makes an import source, which on the real service only a person or an
// app can do.
type ImportSourceInput struct {
	Name, Description string
	SchemaID          world.ID
	// ModuleKey is the kind of import; empty means an external import, the only kind that
	// takes data through the API.
	ModuleKey string
	Disabled  bool
	// DeleteMissing deletes objects of the mapped types that the data does not have.
	// Otherwise they are left alone.
	DeleteMissing bool
	// ProcessingTime is how long an execution is shown as processing after its last chunk.
	ProcessingTime time.Duration
}

// importStore holds the imports of a site.
type importStore struct {
	mu      sync.Mutex
	sources []*importSource
	// types and attributes are external ids that were given by mappings.
	types      map[world.ID]string
	attributes map[world.ID]string
	icons      map[string]world.ID
	lastNumber int
}

func newImportStore() *importStore {
	return &importStore{types: map[world.ID]string{}, attributes: map[world.ID]string{}, icons: map[string]world.ID{}}
}

// importSource is one source with its executions. The store's lock guards it.
type importSource struct {
	ImportSourceInput
	id               string
	created, updated time.Time
	token            string
	mapping          *objectTypeMappings
	mappingRuns      map[string]mappingRun
	executions       []*importExecution
	schedule         *importSchedule
}

// mappingRun is what came out of an asynchronous mapping.
type mappingRun struct {
	Status  string `json:"progressStatus"`
	Result  string `json:"result"`
	Message string `json:"resultMessage"`
}

// CreateImportSource makes an import source and returns its id.
func (s *Site) CreateImportSource(in ImportSourceInput) (string, error) {
	if _, err := s.world.Schema(in.SchemaID); err != nil {
		return "", fmt.Errorf("create import source %q: %w", in.Name, err)
	}
	if in.ModuleKey == "" {
		in.ModuleKey = externalImport
	}
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	now := s.now()
	id := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "import-source/%s/%d/%s", s.workspaceID, len(s.imports.sources), in.Name)).String()
	s.imports.sources = append(s.imports.sources, &importSource{
		ImportSourceInput: in, id: id, created: now, updated: now, mappingRuns: map[string]mappingRun{},
	})
	return id, nil
}

// ImportSources lists the ids of all import sources.
func (s *Site) ImportSources() []string {
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	ids := make([]string, 0, len(s.imports.sources))
	for _, source := range s.imports.sources {
		ids = append(ids, source.id)
	}
	return ids
}

// CreateImportToken makes a container token for a source, as the settings of the schema
// do; the one before is worth nothing from then on.
func (s *Site) CreateImportToken(importSource string) (string, error) {
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	source := s.imports.source(importSource)
	if source == nil {
		return "", notFound("No import source with id %s exists", importSource)
	}
	return source.newToken(), nil
}

func (source *importSource) newToken() string {
	source.token = "ATCTT3x" + rand.Text() + rand.Text()
	return source.token
}

func (st *importStore) source(id string) *importSource {
	if i := slices.IndexFunc(st.sources, func(source *importSource) bool { return source.id == id }); i >= 0 {
		return st.sources[i]
	}
	return nil
}

// importSourceOfToken finds the source whose container token that is.
func (s *Site) importSourceOfToken(token string) (string, bool) {
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	for _, source := range s.imports.sources {
		if source.token != "" && same(source.token, token) {
			return source.id, true
		}
	}
	return "", false
}

// withSource runs do with the source in the path under the lock of the imports.
func (s *Site) withSource(w http.ResponseWriter, r *http.Request, do func(source *importSource)) {
	id := r.PathValue("importSourceId")
	if id == "" {
		id = r.PathValue("id")
	}
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	source := s.imports.source(id)
	if source == nil {
		writeMessage(w, http.StatusNotFound, "No import source with id %s exists", id)
		return
	}
	do(source)
}

// importsInfo tells the holder of a container token where to go.
func (s *Site) importsInfo(w http.ResponseWriter, r *http.Request, importSource string) {
	at := s.assetsURL(r) + "/importsource/" + importSource
	writeJSON(w, http.StatusOK, map[string]any{"links": map[string]string{
		"getStatus": at + "/configstatus", "start": at + "/executions", "mapping": at + "/mapping",
	}})
}

func (s *Site) createContainerToken(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		writeJSON(w, http.StatusOK, map[string]string{"token": source.newToken()})
	})
}

// importRefusal is how imports say no.
type importRefusal struct {
	Result    string            `json:"result"`
	ErrorCode string            `json:"errorCode"`
	Messages  []string          `json:"errorMessages,omitempty"`
	Invalid   []invalidDocument `json:"dataValidationErrors,omitempty"`
}

// invalidDocument is one thing that is wrong with a schema or mapping.
type invalidDocument struct {
	Code    string `json:"code"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

func refuseImport(w http.ResponseWriter, status int, code string, messages ...string) {
	writeJSON(w, status, importRefusal{Result: "error", ErrorCode: code, Messages: messages})
}

// The states of a source.
const (
	configIdle           = "IDLE"
	configDisabled       = "DISABLED"
	configMissingMapping = "MISSING_MAPPING"
	configRunning        = "RUNNING"
)

func (s *Site) configStatus(source *importSource) string {
	switch {
	case source.Disabled:
		return configDisabled
	case source.mapping == nil:
		return configMissingMapping
	case len(source.executions) > 0 && source.executions[len(source.executions)-1].open(s.now()):
		return configRunning
	default:
		return configIdle
	}
}

func (s *Site) getConfigStatus(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		writeJSON(w, http.StatusOK, map[string]string{"status": s.configStatus(source)})
	})
}

func (s *Site) getMappingProgress(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		run, ok := source.mappingRuns[r.PathValue("resourceId")]
		if !ok {
			writeMessage(w, http.StatusBadRequest, "No mapping operation with id %s exists", r.PathValue("resourceId"))
			return
		}
		writeJSON(w, http.StatusOK, run)
	})
}

func (s *Site) getImportSource(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		state := "ENABLED"
		if source.Disabled {
			state = "DISABLED"
		}
		status := map[string]any{
			"configurationStatusType": state, "validationStatusType": "VALID", "reasonForInvalidity": map[string]string{},
			"name": state, "validation": "VALID", "configurationAuiLozenge": "", "validationAuiLozenge": "",
		}
		entries := []map[string]any{}
		if source.mapping != nil {
			for i, m := range source.mapping.ObjectTypeMappings {
				entries = append(entries, map[string]any{
					"id": itoa(i + 1), "importSourceId": source.id, "created": s.stamp(source.updated), "updated": s.stamp(source.updated),
					"description": m.Description, "objectType": map[string]string{"id": m.typeID.String(), "name": m.ObjectTypeName},
					"selector": m.Selector, "importStatus": status, "importSourceOTAttrEntries": attributeEntries(m), "matchIdentifierIgnoreCase": false,
				})
			}
		}
		missing := "IGNORE"
		if source.DeleteMissing {
			missing = "REMOVE"
		}
		configuration, err := json.Marshal(map[string]string{"missingObjects": missing})
		if err != nil {
			writeError(w, err)
			return
		}
		out := map[string]any{
			"id": source.id, "collectionId": source.SchemaID.String(), "objectSchemaId": source.SchemaID.String(), "name": source.Name,
			"description": source.Description, "created": s.stamp(source.created), "updated": s.stamp(source.updated),
			"importSourceModuleKey": source.ModuleKey, "defaultConcatenator": concatenator, "defaultHandleEmptyValues": "IGNORE",
			"defaultHandleUnknownValues": "ADD", "dateFormat": "", "dateTimeFormat": "", "importStatus": status,
			"importSpecificConfiguration": string(configuration), "importSourceOTEntries": entries, "tokenGenerated": source.token != "",
			"isImportSourceSchedulingEnabled": source.schedule != nil, "scheduledImportDetails": nil,
		}
		if source.schedule != nil {
			out["scheduledImportDetails"] = source.schedule.details(s)
		}
		writeJSON(w, http.StatusOK, out)
	})
}

func attributeEntries(m *objectTypeMapping) []map[string]string {
	out := []map[string]string{}
	for i := range m.AttributesMapping {
		out = append(out, map[string]string{"id": itoa(i + 1)})
	}
	return out
}

// stamp writes a moment as Assets does.
func (s *Site) stamp(t time.Time) string { return world.FormatTime(t) }
