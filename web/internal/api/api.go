package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// bodyTimeout is how long a body may take to come.
const bodyTimeout = 30 * time.Second

// Op is one endpoint.
type Op struct {
	Method, Path string
	ID           string // of the operation in the document, and the name in the typed client: "listTopics"
	Summary      string
	Tag          string // groups operations in the document
	Role         Role
	Status       int      // of success; 0: 200, or 204 for a type without a body
	Stream       bool     // may take longer than an answer usually may
	Produces     []string // media types of an endpoint that writes its answer itself
	Query        []Param  // of such an endpoint
	Body         any      // of such an endpoint: a value of the body's type
	Answer       any      // of such an endpoint: a value of the answer's type, if it is JSON
}

// Param is a query parameter of an endpoint that reads it itself.
type Param struct{ Name, Doc string }

// Do is an endpoint's work; an error is written as JSON when nothing has been
// written yet.
type Do func(w http.ResponseWriter, r *http.Request) error

// Endpoints are all that a server offers.
type Endpoints struct {
	api   huma.API
	mount func(Op, Do)
	ops   map[string]Op // by ID
	list  []Op
}

// ourHuma sets what huma has once for all its APIs.
var ourHuma = sync.OnceFunc(func() {
	huma.NewError = newError
	huma.DefaultArrayNullable = false
})

// New makes an empty set. mount is called for each endpoint; it puts the
// guards around it.
func New(version string, mount func(Op, Do)) *Endpoints {
	e := &Endpoints{mount: mount, ops: map[string]Op{}}
	ourHuma()
	c := huma.DefaultConfig("maru", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: "maru"},
	}
	e.api = huma.NewAPI(c, adapter{e})
	return e
}

// Ops are the endpoints in the order in which they were declared.
func (e *Endpoints) Ops() []Op { return e.list }

// Document is the OpenAPI 3.1 document as JSON.
func (e *Endpoints) Document() ([]byte, error) { return e.api.OpenAPI().MarshalJSON() }

// Register declares an endpoint whose input and output are Go types in huma's
// way: path, query and header fields by tags, the body in a field Body.
func Register[I, O any](e *Endpoints, op Op, do func(context.Context, *I) (*O, error)) {
	e.add(op)
	huma.Register(e.api, e.operation(op), func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, &statusError{err: err}
		}
		return out, nil
	})
}

// Raw declares an endpoint that reads its request and writes its answer itself.
func (e *Endpoints) Raw(op Op, do Do) {
	e.add(op)
	o := e.operation(op)
	content := map[string]*huma.MediaType{}
	for _, p := range op.Produces {
		content[p] = &huma.MediaType{}
		if op.Answer != nil {
			content[p].Schema = huma.SchemaFromType(e.api.OpenAPI().Components.Schemas, typeOf(op.Answer))
		}
	}
	status := "200"
	if op.Status != 0 {
		status = strconv.Itoa(op.Status)
	}
	o.Responses = map[string]*huma.Response{status: {Description: op.Summary, Content: content}}
	for _, q := range op.Query {
		o.Parameters = append(o.Parameters, &huma.Param{Name: q.Name, In: "query", Description: q.Doc, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	for _, name := range pathParams(op.Path) {
		o.Parameters = append(o.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	if op.Body != nil {
		schema := huma.SchemaFromType(e.api.OpenAPI().Components.Schemas, typeOf(op.Body))
		o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	}
	e.api.OpenAPI().AddOperation(&o)
	e.mount(op, do)
}

// Words says that values of v's type are texts on the wire, or one for each
// language.
func (e *Endpoints) Words(v any) {
	e.api.OpenAPI().Components.Schemas.RegisterTypeAlias(typeOf(v), typeOf(words{}))
}

// words has the schema of a text, or one for each language.
type words struct{}

// Schema is huma's.
func (words) Schema(huma.Registry) *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	return &huma.Schema{OneOf: []*huma.Schema{text, {Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{"en": text, "ko": text}}}}
}

func (e *Endpoints) add(op Op) {
	if _, twice := e.ops[op.ID]; twice || op.ID == "" || !op.Role.known() {
		panic("endpoint " + op.Method + " " + op.Path + " needs an ID of its own and a role") // a mistake in our source
	}
	e.ops[op.ID] = op
	e.list = append(e.list, op)
}

// RoleExtension names the role that an operation wants, in the document.
const RoleExtension = "x-maru-role"

func (e *Endpoints) operation(op Op) huma.Operation {
	o := huma.Operation{OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Tags: []string{op.Tag}, DefaultStatus: op.Status,
		MaxBodyBytes:    -1, // the guard bounds it
		BodyReadTimeout: bodyTimeout,
		Extensions:      map[string]any{RoleExtension: string(op.Role)}}
	if op.Role != Open {
		o.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	}
	return o
}

// adapter mounts what huma registers.
type adapter struct{ e *Endpoints }

// Handle is huma's.
func (a adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	a.e.mount(a.e.ops[op.OperationID], func(w http.ResponseWriter, r *http.Request) error {
		handler(humago.NewContext(op, r, w))
		return nil
	})
}

// ServeHTTP is huma's; nothing is served by it.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// pathParams are the names in braces.
func pathParams(path string) (names []string) {
	for _, part := range strings.Split(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(strings.TrimSuffix(name, "}"), "..."))
		}
	}
	return names
}
