package room

import (
	"context"
	"sync"

	"maru"
	"maru/duck"
	"maru/query/internal/gate"
)

// templates are statements parsed once a process, by their SQL.
var templates sync.Map // string → node

// template gives the root node of a statement of ours. It must not be changed.
func template(ctx context.Context, c *duck.Conn, sql string) (node, error) {
	if t, ok := templates.Load(sql); ok {
		return t.(node), nil
	}
	ast, err := c.Parse(ctx, sql)
	if err != nil {
		return nil, err
	}
	root, _ := ast.Statements[0]["node"].(node)
	if root["from_table"] == nil {
		return nil, maru.Errorf(maru.Internal, "the template %q has no FROM", sql)
	}
	templates.Store(sql, root)
	return root, nil
}

// windowTree gives the subquery that tumble or hop stands for.
func windowTree(ctx context.Context, c *duck.Conn, name string) (node, error) {
	root, err := template(ctx, c, gate.WindowSQL(name, duck.Tumble, duck.Hop))
	if err != nil {
		return nil, err
	}
	from, _ := root["from_table"].(node)
	return from, nil
}

// selectFrom is SELECT * FROM ref.
func selectFrom(ctx context.Context, c *duck.Conn, ref node) (string, error) {
	root, err := template(ctx, c, "SELECT * FROM t")
	if err != nil {
		return "", err
	}
	own := make(node, len(root))
	for k, v := range root {
		own[k] = v
	}
	own["from_table"] = ref
	return c.Format(ctx, &duck.AST{Statements: []map[string]any{{"node": own, "named_param_map": []any{}}}})
}
