package tidy

import (
	"fmt"
	"go/ast"
)

// The bounds on size; STYLE.md says what to aim at.
const (
	FunctionLinesMax = 70
	FileLinesMax     = 600
)

// Functions finds functions that are too long.
func Functions(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if f.Generated {
			continue
		}
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := t.line(fn.End()) - t.line(fn.Pos()) + 1
			if n > FunctionLinesMax {
				out = append(out, Finding{Rule: "function", Where: f.Path + ":" + funcName(fn), Line: t.line(fn.Pos()), N: n,
					Text: fmt.Sprintf("%s has %d lines, at most %d are allowed: split it", funcName(fn), n, FunctionLinesMax)})
			}
		}
	}
	return out
}

// Files finds files that are too long.
func Files(t *Tree) (out []Finding) {
	for _, f := range t.Go {
		if !f.Generated && f.Lines > FileLinesMax {
			out = append(out, Finding{Rule: "file", Where: f.Path, N: f.Lines,
				Text: fmt.Sprintf("%d lines, at most %d are allowed: split it by what the pieces are", f.Lines, FileLinesMax)})
		}
	}
	return out
}

// funcName is "name" or "Type.name".
func funcName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	return typeName(fn.Recv.List[0].Type) + "." + fn.Name.Name
}

// typeName strips a receiver's type of pointer and type parameters.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}
