package web

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
)

// sqlTypes are the plain types of Arrow by their SQL names.
var sqlTypes = map[arrow.Type]string{
	arrow.NULL: "NULL", arrow.BOOL: "BOOLEAN", arrow.INT8: "TINYINT", arrow.INT16: "SMALLINT", arrow.INT32: "INTEGER", arrow.INT64: "BIGINT",
	arrow.UINT8: "UTINYINT", arrow.UINT16: "USMALLINT", arrow.UINT32: "UINTEGER", arrow.UINT64: "UBIGINT", arrow.FLOAT32: "FLOAT", arrow.FLOAT64: "DOUBLE",
	arrow.STRING: "VARCHAR", arrow.LARGE_STRING: "VARCHAR", arrow.BINARY: "BLOB", arrow.LARGE_BINARY: "BLOB", arrow.FIXED_SIZE_BINARY: "BLOB",
	arrow.DATE32: "DATE", arrow.DATE64: "DATE", arrow.TIME32: "TIME", arrow.TIME64: "TIME", arrow.DURATION: "INTERVAL",
	arrow.INTERVAL_MONTHS: "INTERVAL", arrow.INTERVAL_DAY_TIME: "INTERVAL", arrow.INTERVAL_MONTH_DAY_NANO: "INTERVAL",
}

// SQLType names a column's type as SQL does.
func SQLType(f arrow.Field) string {
	if name, _ := f.Metadata.GetValue("ARROW:extension:name"); name == "arrow.json" {
		return "JSON"
	}
	return sqlType(f.Type)
}

func sqlType(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return "TIMESTAMPTZ"
		}
		return "TIMESTAMP"
	case arrow.DecimalType:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.GetPrecision(), t.GetScale())
	case *arrow.DictionaryType:
		return sqlType(t.ValueType)
	case *arrow.MapType:
		return "MAP(" + sqlType(t.KeyType()) + ", " + sqlType(t.ItemType()) + ")"
	case *arrow.FixedSizeListType:
		return fmt.Sprintf("%s[%d]", sqlType(t.Elem()), t.Len())
	case arrow.ListLikeType:
		return sqlType(t.Elem()) + "[]"
	case *arrow.StructType:
		fields := make([]string, t.NumFields())
		for i, f := range t.Fields() {
			fields[i] = maru.Quote(f.Name) + " " + SQLType(f)
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	case arrow.ExtensionType:
		return sqlType(t.StorageType())
	}
	if name, ok := sqlTypes[t.ID()]; ok {
		return name
	}
	return strings.ToUpper(t.Name())
}
