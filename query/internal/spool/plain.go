package spool

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
)

// nestingMax bounds how deep types may be nested.
const nestingMax = 32

// plainSchema is the schema on disk.
func plainSchema(s *arrow.Schema) (*arrow.Schema, error) {
	if s.NumFields() > maru.ColumnsMax {
		return nil, maru.Errorf(maru.TooLarge, "the answer has %d columns; %d can be kept: select fewer", s.NumFields(), maru.ColumnsMax)
	}
	fields := make([]arrow.Field, s.NumFields())
	for i, f := range s.Fields() {
		t, err := plainType(f.Type, nestingMax)
		if err != nil {
			return nil, maru.Errorf(maru.Invalid, "column %s: %w", maru.Quote(clip(f.Name)), err)
		}
		f.Type, f.Nullable = t, true
		fields[i] = f
	}
	meta := s.Metadata()
	return arrow.NewSchema(fields, &meta), nil
}

// plainType is what t is on disk: see the package's words on types.
func plainType(t arrow.DataType, depth int) (arrow.DataType, error) {
	if depth == 0 {
		return nil, fmt.Errorf("its type is nested more than %d deep", nestingMax)
	}
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return plainType(t.ValueType, depth-1)
	case arrow.ExtensionType:
		return plainType(t.StorageType(), depth-1)
	case *arrow.StringViewType:
		return arrow.BinaryTypes.String, nil
	case *arrow.BinaryViewType:
		return arrow.BinaryTypes.Binary, nil
	case *arrow.RunEndEncodedType, *arrow.ListViewType, *arrow.LargeListViewType:
		return nil, fmt.Errorf("its type %s cannot be kept: cast it to another", t)
	case arrow.UnionType: // arrays of it cannot be joined, so windows of it could not be made
		return arrow.BinaryTypes.String, nil
	case arrow.NestedType:
		return plainNested(t, depth)
	}
	return t, nil
}

func plainNested(t arrow.NestedType, depth int) (arrow.DataType, error) {
	fields := make([]arrow.Field, t.NumFields())
	same := true
	for i, f := range t.Fields() {
		p, err := plainType(f.Type, depth-1)
		if err != nil {
			return nil, err
		}
		same = same && arrow.TypeEqual(p, f.Type)
		f.Type = p
		fields[i] = f
	}
	if same {
		return t, nil
	}
	switch t := t.(type) {
	case *arrow.StructType:
		return arrow.StructOf(fields...), nil
	case *arrow.MapType:
		kv := fields[0].Type.(*arrow.StructType)
		m := arrow.MapOf(kv.Field(0).Type, kv.Field(1).Type)
		m.KeysSorted = t.KeysSorted
		return m, nil
	case *arrow.ListType:
		return arrow.ListOfField(fields[0]), nil
	case *arrow.LargeListType:
		return arrow.LargeListOfField(fields[0]), nil
	case *arrow.FixedSizeListType:
		return arrow.FixedSizeListOfField(t.Len(), fields[0]), nil
	}
	return nil, fmt.Errorf("its type %s cannot be kept: cast it to another", t)
}

// plainBatch is rec with the types of schema.
func plainBatch(schema *arrow.Schema, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, rec.NumCols())
	defer func() { releaseArrays(cols) }()
	for i := range cols {
		f := schema.Field(i)
		var err error
		if cols[i], err = plainArray(rec.Column(i), f.Type); err != nil {
			return nil, fmt.Errorf("column %s: %w", maru.Quote(clip(f.Name)), err)
		}
		if !arrow.TypeEqual(cols[i].DataType(), f.Type) {
			return nil, maru.Errorf(maru.Internal, "column %s: a batch has the type %s, the schema %s", maru.Quote(clip(f.Name)), cols[i].DataType(), f.Type)
		}
	}
	return array.NewRecordBatch(schema, cols, rec.NumRows()), nil
}

// plainArray is arr with the type t, which plainType made of arr's.
func plainArray(arr arrow.Array, t arrow.DataType) (arrow.Array, error) {
	if arrow.TypeEqual(arr.DataType(), t) {
		arr.Retain()
		return arr, nil
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		return plainDictionary(a, t)
	case array.ExtensionArray:
		return plainArray(a.Storage(), t)
	case *array.StringView, *array.BinaryView:
		return plainView(arr, t)
	case array.Union:
		return plainUnion(a), nil
	}
	return plainChildren(arr, t)
}

func plainDictionary(a *array.Dictionary, t arrow.DataType) (arrow.Array, error) {
	values, err := plainArray(a.Dictionary(), t)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	at := make([]int, a.Len())
	for i := range at {
		at[i] = -1
		if !a.IsNull(i) {
			at[i] = a.GetValueIndex(i)
		}
	}
	return pick(values, at)
}

func plainView(arr arrow.Array, t arrow.DataType) (arrow.Array, error) {
	b := array.NewBinaryBuilder(memory.DefaultAllocator, t.(arrow.BinaryDataType))
	defer b.Release()
	for i := range arr.Len() {
		switch a := arr.(type) {
		case *array.StringView:
			if a.IsNull(i) {
				b.AppendNull()
			} else {
				b.AppendString(a.Value(i))
			}
		case *array.BinaryView:
			if a.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(a.Value(i))
			}
		}
	}
	return b.NewArray(), nil
}

// plainUnion is the values as JSON; NULL stays NULL.
func plainUnion(a array.Union) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	var text []byte
	for i := range a.Len() {
		if text = appendJSON(text[:0], a, i); string(text) == "null" {
			b.AppendNull()
		} else {
			b.BinaryBuilder.Append(text)
		}
	}
	return b.NewArray()
}

// plainChildren keeps arr's own buffers and makes its children plain.
func plainChildren(arr arrow.Array, t arrow.DataType) (arrow.Array, error) {
	nested, ok := t.(arrow.NestedType)
	d := arr.Data()
	if !ok || len(d.Children()) != nested.NumFields() {
		return nil, maru.Errorf(maru.Internal, "a batch has the type %s, the schema %s", arr.DataType(), t)
	}
	children := make([]arrow.ArrayData, len(d.Children()))
	for i, c := range d.Children() {
		child := array.MakeFromData(c)
		defer child.Release()
		p, err := plainArray(child, nested.Fields()[i].Type)
		if err != nil {
			return nil, err
		}
		defer p.Release()
		children[i] = p.Data()
	}
	data := array.NewData(t, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
	defer data.Release()
	return array.MakeFromData(data), nil
}

// pick takes the values of arr at the given places; -1 gives NULL.
func pick(arr arrow.Array, at []int) (arrow.Array, error) {
	b := array.NewBuilder(memory.DefaultAllocator, arr.DataType())
	defer b.Release()
	if sb, ok := b.(*array.StringBuilder); ok {
		values := arr.(*array.String)
		for _, i := range at {
			if i < 0 || values.IsNull(i) {
				sb.AppendNull()
			} else {
				sb.Append(values.Value(i))
			}
		}
		return sb.NewArray(), nil
	}
	return join(arr.DataType(), len(at), func(k int) (arrow.Array, int) { return arr, at[k] })
}

// join makes an array of n cells that lie anywhere: cell(k) says in which array
// and where, -1 for NULL. It works for every type, with a piece of work a run.
func join(t arrow.DataType, n int, cell func(k int) (arrow.Array, int)) (arrow.Array, error) {
	var parts []arrow.Array
	defer func() { releaseArrays(parts) }()
	for k := 0; k < n; {
		arr, from := cell(k)
		k++
		if from < 0 {
			parts = append(parts, array.MakeArrayOfNull(memory.DefaultAllocator, t, 1))
			continue
		}
		to := from + 1
		for ; k < n; k++ {
			if next, at := cell(k); next != arr || at != to {
				break
			}
			to++
		}
		parts = append(parts, array.NewSlice(arr, int64(from), int64(to)))
	}
	if len(parts) == 0 {
		b := array.NewBuilder(memory.DefaultAllocator, t)
		defer b.Release()
		return b.NewArray(), nil
	}
	return array.Concatenate(parts, memory.DefaultAllocator)
}
