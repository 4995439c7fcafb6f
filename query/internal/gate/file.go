package gate

import (
	"path"
	"sort"
	"strings"
)

// Options of the functions that read files: those that only say how a file is
// written. None names another file, makes a table, or sends anything.
var (
	csvOptions = words(`all_varchar allow_quoted_nulls auto_detect auto_type_candidates buffer_size column_names columns comment compression
		dateformat date_format decimal_separator delim dtypes encoding escape filename force_not_null header hive_partitioning hive_types
		hive_types_autocast ignore_errors max_line_size maximum_line_size names new_line normalize_names null_padding nullstr null
		parallel quote sample_size sep skip strict_mode thousands timestampformat timestamp_format types union_by_name column_types`)
	jsonOptions = words(`auto_detect columns compression convert_strings_to_integers dateformat date_format field_appearance_threshold filename
		format hive_partitioning hive_types hive_types_autocast ignore_errors map_inference_threshold maximum_depth maximum_object_size
		maximum_sample_files records sample_size timestampformat timestamp_format union_by_name`)
	parquetOptions = words(`binary_as_string file_row_number filename hive_partitioning hive_types hive_types_autocast union_by_name
		can_have_nan explicit_cardinality`)
	textOptions = words(`filename hive_partitioning hive_types hive_types_autocast`)
	noOptions   = words(``)
)

// fileFunctions read the files that their first argument names.
var fileFunctions = map[string]map[string]bool{
	"read_csv": csvOptions, "read_csv_auto": csvOptions, "sniff_csv": csvOptions,
	"read_json": jsonOptions, "read_json_auto": jsonOptions, "read_ndjson": jsonOptions, "read_ndjson_auto": jsonOptions,
	"read_json_objects": jsonOptions, "read_json_objects_auto": jsonOptions, "read_ndjson_objects": jsonOptions,
	"read_parquet": parquetOptions, "parquet_scan": parquetOptions,
	"parquet_metadata": noOptions, "parquet_schema": noOptions, "parquet_file_metadata": noOptions, "parquet_kv_metadata": noOptions,
	"read_text": textOptions, "read_blob": textOptions, "glob": noOptions,
}

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// readers are the functions for a file named in FROM, by its extension.
var readers = map[string]string{
	".csv": "read_csv_auto", ".tsv": "read_csv_auto",
	".json": "read_json_auto", ".jsonl": "read_json_auto", ".ndjson": "read_json_auto",
	".parquet": "read_parquet", ".parq": "read_parquet",
}

// functionForFile is the function that reads a file of this name: "" when
// name has no extension of a data file and is a table's.
func functionForFile(name string) string {
	low := strings.ToLower(name)
	for _, packed := range []string{".gz", ".zst"} {
		low = strings.TrimSuffix(low, packed)
	}
	if fn := readers[path.Ext(low)]; fn != "" {
		return fn
	}
	if strings.Contains(low, "/") {
		return "unknown"
	}
	return ""
}

// FileFunction is the function that reads a file of this name, "" when its
// extension is not one of a data file.
func FileFunction(name string) string {
	if fn := functionForFile(name); fn != "unknown" {
		return fn
	}
	return ""
}

func knownExtensions() string {
	var out []string
	for ext := range readers {
		out = append(out, ext)
	}
	sort.Strings(out)
	return strings.Join(out, ", ")
}

// fileTable replaces FROM 'file' by the function that reads it.
func (w *walker) fileTable(n node, fn string) error {
	name := text(n, "table_name")
	if fn == "unknown" {
		return invalid(at(n), "%q looks like a file, but its extension is none of %s: say how to read it, as in FROM read_csv('%s')", name, knownExtensions(), name)
	}
	paths, err := w.resolve(name, at(n))
	if err != nil {
		return err
	}
	alias := text(n, "alias")
	if alias == "" {
		alias, _, _ = strings.Cut(path.Base(name), ".")
	}
	become(n, node{"type": "TABLE_FUNCTION", "alias": alias, "sample": n["sample"], "query_location": n["query_location"],
		"function": call(fn, call("list_value", texts(paths)...)), "column_name_alias": n["column_name_alias"], "with_ordinality": "WITHOUT_ORDINALITY"})
	w.addReader(n)
	return nil
}

func overNetwork(name string, place int) error {
	scheme, _, _ := strings.Cut(name, "://")
	return refuse(place, "%s: only files on this machine can be read, by their path; nothing by %s://", name, scheme)
}

// resolve finds the files that a name or pattern means.
func (w *walker) resolve(name string, place int) ([]string, error) {
	if strings.Contains(name, "://") {
		return nil, overNetwork(name, place)
	}
	paths, err := w.opts.Files(name)
	if err != nil {
		return nil, located(err, place)
	}
	w.addFiles(paths)
	return paths, nil
}

// fileFunction checks a function that reads files and gives it absolute paths.
func (w *walker) fileFunction(n, fn node, name string, sc *scope) error {
	args := list(fn, "children")
	if len(args) == 0 {
		return invalid(at(n), "%s takes the name of a file", name)
	}
	paths, err := w.fileArgument(args[0], name, at(n))
	if err != nil {
		return err
	}
	for _, a := range args[1:] {
		if err := w.fileOption(a, name, sc); err != nil {
			return err
		}
	}
	switch name {
	case "glob":
		become(fn, call("unnest", call("list_value", texts(paths)...)))
		if len(list(n, "column_name_alias")) == 0 {
			n["column_name_alias"] = []any{"file"}
			if text(n, "alias") == "" {
				n["alias"] = "glob"
			}
		}
		return w.visit(n["sample"], sc) // nothing is read: the names are here
	case "sniff_csv":
		if len(paths) != 1 {
			return invalid(at(n), "sniff_csv looks at one file, %d match", len(paths))
		}
		args[0] = constant("VARCHAR", paths[0])
	default:
		args[0] = call("list_value", texts(paths)...)
	}
	w.addReader(n)
	return w.visit(n["sample"], sc)
}

// fileArgument takes a text or a list of texts; anything computed is refused,
// because what it comes to is not known before it runs.
func (w *walker) fileArgument(arg any, name string, place int) ([]string, error) {
	a, _ := arg.(node)
	names := []any{arg}
	if text(a, "class") == "FUNCTION" && text(a, "function_name") == "list_value" {
		names = list(a, "children")
	}
	var out []string
	for _, x := range names {
		s, ok := textConstant(x)
		if !ok {
			return nil, refuse(place, "%s: the file must be named by a plain text, as in %s('data/*.csv')", name, name)
		}
		paths, err := w.resolve(s, place)
		if err != nil {
			return nil, err
		}
		out = append(out, paths...)
	}
	if len(out) == 0 {
		return nil, invalid(place, "%s takes at least one file", name)
	}
	return out, nil
}

// fileOption checks option = value: the option by name, the value as any expression.
func (w *walker) fileOption(arg any, name string, sc *scope) error {
	a, _ := arg.(node)
	left := child(a, "left")
	names := list(left, "column_names")
	if text(a, "type") != "COMPARE_EQUAL" || text(left, "class") != "COLUMN_REF" || len(names) != 1 {
		return refuse(at(a), "%s: after the file come only options, as in header = true", name)
	}
	opt, _ := names[0].(string)
	if !fileFunctions[name][strings.ToLower(opt)] {
		return refuse(at(left), "%s: option %s is not possible here", name, opt)
	}
	return w.visit(a["right"], sc)
}
