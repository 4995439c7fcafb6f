package maru

import (
	"fmt"
	"strings"
)

// Type is a column's type by its SQL name, upper case.
type Type string

// The types that a declared or inferred column of a topic may have.
const (
	Boolean   Type = "BOOLEAN"
	BigInt    Type = "BIGINT"
	Double    Type = "DOUBLE"
	Varchar   Type = "VARCHAR"
	Timestamp Type = "TIMESTAMPTZ" // an instant, microseconds since 1970 UTC
	Date      Type = "DATE"
	JSON      Type = "JSON" // any JSON value, its text verbatim
	Blob      Type = "BLOB"
)

// ColumnsMax bounds the columns of one schema.
const ColumnsMax = 5000

var typeNames = map[string]Type{
	"BOOLEAN": Boolean, "BOOL": Boolean,
	"BIGINT": BigInt, "INT8": BigInt, "INTEGER": BigInt, "INT": BigInt, "LONG": BigInt,
	"DOUBLE": Double, "FLOAT": Double, "REAL": Double, "FLOAT8": Double,
	"VARCHAR": Varchar, "TEXT": Varchar, "STRING": Varchar,
	"TIMESTAMPTZ": Timestamp, "TIMESTAMP": Timestamp, "TIMESTAMP WITH TIME ZONE": Timestamp, "DATETIME": Timestamp,
	"DATE": Date, "JSON": JSON, "BLOB": Blob, "BYTES": Blob,
}

// ParseType reads a type's name in any case, with the usual other names.
func ParseType(s string) (Type, error) {
	if t, ok := typeNames[strings.ToUpper(strings.TrimSpace(s))]; ok {
		return t, nil
	}
	return "", fmt.Errorf("type %q is not known: use BOOLEAN, BIGINT, DOUBLE, VARCHAR, TIMESTAMPTZ, DATE or JSON", s)
}

// Column is one column of a schema.
type Column struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// Schema is the ordered columns of a topic, a view or a result.
type Schema []Column

// Index finds a column by name, exactly first, then without regard to case as
// SQL does; -1 when there is none.
func (s Schema) Index(name string) int {
	for i := range s {
		if s[i].Name == name {
			return i
		}
	}
	for i := range s {
		if strings.EqualFold(s[i].Name, name) {
			return i
		}
	}
	return -1
}
