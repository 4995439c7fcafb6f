package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// Goroutines finds those that are not started through package run: they have
// no name, and a panic in one ends the process.
func Goroutines(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if f.Test || f.Dir == "run" {
			continue
		}
		var at []token.Pos
		ast.Inspect(f.AST, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				at = append(at, n.Pos())
			case *ast.CallExpr:
				// sync.WaitGroup's Go takes one argument; run's take a name too.
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" && len(n.Args) == 1 {
					at = append(at, n.Pos())
				}
			}
			return true
		})
		if len(at) > 0 {
			out = append(out, Finding{Rule: "goroutine", Where: f.Path, Line: t.line(at[0]), N: len(at),
				Text: fmt.Sprintf("%d goroutines start here without package run: use run.Go or a run.Group", len(at))})
		}
	}
	return out
}

// Sleeps finds tests that wait for time to pass, except inside a bubble of
// testing/synctest, where it passes at once.
func Sleeps(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if !f.Test {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if calls(call, "synctest", "Test", "Run") {
				return false
			}
			if calls(call, "time", "Sleep") {
				out = append(out, Finding{Rule: "sleep", Where: f.Path, Line: t.line(call.Pos()),
					Text: "time.Sleep in a test: poll to a deadline, or use testing/synctest"})
			}
			return true
		})
	}
	return out
}

// Prints finds what writes to stdout outside the command line: a server's
// stdout belongs to nobody, and a child's to its parent.
func Prints(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if _, kind := room(f.Dir); f.Test || !slices.Contains([]string{"part", "door", "run", "maru", "node", "project"}, kind) {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			id, _ := call.Fun.(*ast.Ident)
			if calls(call, "fmt", "Print", "Printf", "Println") || id != nil && (id.Name == "print" || id.Name == "println") {
				out = append(out, Finding{Rule: "print", Where: f.Path, Line: t.line(call.Pos()),
					Text: "it prints: return it, or log it with slog"})
			}
			return true
		})
	}
	return out
}

// Inits finds init functions that are not for embedded files or metrics.
func Inits(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if f.Test || f.imports("embed") || f.imports("github.com/prometheus/client_golang/prometheus") {
			continue
		}
		for _, d := range f.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, Finding{Rule: "init", Where: f.Path, Line: t.line(fn.Pos()), N: 1,
					Text: "init runs in every process and test: make it a value, or call it from where it is needed"})
			}
		}
	}
	return out
}

// Contexts finds contexts kept in structs, and those that are not the first
// parameter.
func Contexts(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if f.Test {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.StructType:
				for _, field := range n.Fields.List {
					if isContext(field.Type) {
						out = append(out, Finding{Rule: "context", Where: f.Path, Line: t.line(field.Pos()), N: 1,
							Text: "a context is kept in a struct: pass it as the first parameter"})
					}
				}
			case *ast.FuncType:
				if pos := lateContext(n); pos != token.NoPos {
					out = append(out, Finding{Rule: "context", Where: f.Path, Line: t.line(pos), N: 1,
						Text: "a context is not the first parameter"})
				}
			}
			return true
		})
	}
	return sum(out)
}

// lateContext is where a context stands that is not the first parameter.
func lateContext(fn *ast.FuncType) token.Pos {
	for i, p := range fn.Params.List {
		if i > 0 && isContext(p.Type) && !isContext(fn.Params.List[0].Type) && !isTesting(fn.Params.List[0].Type) {
			return p.Pos()
		}
	}
	return token.NoPos
}

func isContext(e ast.Expr) bool { return isSelector(e, "context", "Context") }

// isTesting: a test's *testing.T or testing.TB comes first by custom.
func isTesting(e ast.Expr) bool {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == "testing"
}

// sum makes one finding a file, with their number.
func sum(list []Finding) (out []Finding) {
	for _, f := range list {
		if n := len(out); n > 0 && out[n-1].Where == f.Where {
			out[n-1].N += f.N
			continue
		}
		out = append(out, f)
	}
	return out
}

// errorMakers are the calls whose first string is an error's text.
var errorMakers = map[string][]string{"fmt": {"Errorf"}, "errors": {"New"}, "maru": {"Errorf"}}

// Errors finds error texts that say that something failed: an error does that
// by being one.
func Errors(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || f.Test {
				return !f.Test
			}
			for pkg, names := range errorMakers {
				if calls(call, pkg, names...) && saysFailed(call) {
					out = append(out, Finding{Rule: "errors", Where: f.Path, Line: t.line(call.Pos()),
						Text: `an error's text says "failed to": say what was being done`})
				}
			}
			return true
		})
	}
	return out
}

func saysFailed(call *ast.CallExpr) bool {
	for _, a := range call.Args {
		if lit, ok := a.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			return strings.Contains(strings.ToLower(lit.Value), "failed to")
		}
	}
	return false
}

func calls(call *ast.CallExpr, pkg string, names ...string) bool {
	return isSelector(call.Fun, pkg, names...)
}

func isSelector(e ast.Expr, pkg string, names ...string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg && slices.Contains(names, sel.Sel.Name)
}

func (f *File) imports(path string) bool {
	return slices.ContainsFunc(f.AST.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"`+path+`"` })
}
