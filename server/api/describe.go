package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
)

// Prefix is where the API is mounted.
const Prefix = "/api/v1"

// Document is the committed description of the API.
//
//go:embed openapi.json
var Document []byte

const (
	// securityContext names the scheme of the context token in the description.
	securityContext = "contextToken"
	// maxBody is the size from which a body is refused.
	maxBody = 1 << 20
)

var problemType = reflect.TypeFor[Problem]()

// configuration is the configuration of Huma. Nothing of it that serves pages or adds links is used.
func configuration() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Stowage", Version: "1",
				Description: "Backs up, restores and migrates schemas of Jira Assets. Every error has the form of RFC 9457. Times are UTC. " +
					"Members and query parameters that are not known are refused.",
			},
			Servers: []*huma.Server{{URL: Prefix}},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{securityContext: {
					Type: "apiKey", In: "header", Name: "Authorization",
					Description: "The word JWT, a space, and the context token that the page gets from AP.context.getToken.",
				}},
			},
			Tags: []*huma.Tag{
				{Name: tagSession},
				{Name: tagConnection},
				{Name: tagSchemas},
				{Name: tagBackups},
				{Name: tagRestores},
				{Name: tagRuns},
				{Name: tagTargets},
				{Name: tagAudit},
			},
		},
		Formats:       map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{ownForm},
		CreateHooks:   nil,
	}
}

// mount registers the operations on a group of routes.
func (a *handlers) mount(engine *gin.Engine, group *gin.RouterGroup) huma.API {
	h := humagin.NewWithGroup(engine, group, configuration())
	a.operations(h)
	tidy(h.OpenAPI())
	return h
}

// tidy corrects what Huma says of arrays, which are never null here, and takes out its own form of errors, which is not used.
func tidy(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for _, s := range schemas {
		neverNull(s)
	}
}

func neverNull(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	neverNull(s.Items)
	for _, p := range s.Properties {
		neverNull(p)
	}
}

// Describe generates the description of the API from its types.
func Describe() ([]byte, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	h := (&handlers{}).mount(engine, engine.Group(Prefix))
	data, err := json.Marshal(h.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func (a *handlers) restoreLogOperation(h huma.API) {
	op := operation(h, http.MethodGet, "/restores/{id}/log.json", "getRestoreLog", tagRestores, "The full log of a restore as a file", http.StatusOK)
	entry := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[RestoreLogEntry](), true, "RestoreLogEntry")
	op.Responses["200"] = &huma.Response{
		Description: "Every object of the plan, in the order of the backup",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeArray, Items: entry}}},
	}
	huma.Register(h, op, answering(a, a.getRestoreLog))
}

func (a *handlers) runEventsOperation(h huma.API) {
	op := operation(h, http.MethodGet, "/runs/{id}/events", "followRun", tagRuns, "Follow a run as it goes: progress (Run), log (LogPage), end (RunEnd)", http.StatusOK)
	op.Description = "A stream of server-sent events on top of getRun and getRunLog. The id of an event is the last place of the log that was sent; " +
		"given back as Last-Event-ID, the stream goes on behind it. A comment is sent every 15 seconds. The stream ends when the run does."
	registry := h.OpenAPI().Components.Schemas
	op.Responses["200"] = &huma.Response{
		Description: "The events",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{OneOf: []*huma.Schema{
			registry.Schema(reflect.TypeFor[Run](), true, "Run"),
			registry.Schema(reflect.TypeFor[LogPage](), true, "LogPage"),
			registry.Schema(reflect.TypeFor[RunEnd](), true, "RunEnd"),
		}}}},
	}
	huma.Register(h, op, answering(a, a.followRun))
}
