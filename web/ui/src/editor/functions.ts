// Functions of DuckDB that people use, with their arguments: what completion offers. The server's check knows them all.
const text = `
abs x|age a, b|any_value x|approx_count_distinct x|approx_quantile x, q|approx_top_k x, k|arg_max arg, by|arg_min arg, by|array_agg x|array_length l|avg x|bit_count x|bool_and x|bool_or x|
ceil x|coalesce a, b …|concat a, b …|concat_ws sep, a …|contains text, part|corr y, x|count *|count_if x|covar_pop y, x|cume_dist|current_date|date_add d, interval|date_diff part, a, b|date_part part, t|date_trunc part, t|dayname t|dayofweek t|dense_rank|
ends_with text, part|entropy x|epoch t|epoch_ms t|exp x|extract part FROM t|favg x|first x|first_value x|flatten l|floor x|format fmt, …|from_json json, shape|generate_series a, b, step|greatest a, b …|group_concat x, sep|hash x|histogram x|hour t|
if c, a, b|ifnull a, b|instr text, part|isfinite x|isnan x|json json|json_array_length json|json_extract json, path|json_extract_string json, path|json_group_array x|json_keys json|json_object k, v …|json_type json|json_valid text|kurtosis x|
lag x, n|last x|last_value x|lead x, n|least a, b …|left text, n|len x|length text|levenshtein a, b|list x|list_aggregate l, name|list_contains l, x|list_distinct l|list_filter l, x -> …|list_sort l|list_transform l, x -> …|ln x|log x|lower text|lpad text, n, c|ltrim text|
mad x|make_date y, m, d|make_timestamp us|map keys, values|map_keys m|map_values m|max x|max_by arg, by|md5 text|median x|min x|min_by arg, by|minute t|mod a, b|mode x|month t|nfc_normalize text|now|nth_value x, n|ntile n|nullif a, b|
percent_rank|pi|pow x, y|printf fmt, …|quantile_cont x, q|quantile_disc x, q|quarter t|random|range a, b, step|rank|regexp_extract text, re, group|regexp_extract_all text, re|regexp_full_match text, re|regexp_matches text, re|regexp_replace text, re, by|repeat text, n|replace text, from, to|reverse text|right text, n|round x, digits|row_number|rpad text, n, c|rtrim text|
second t|sha256 text|sign x|skewness x|split text, sep|split_part text, sep, n|sqrt x|starts_with text, part|stddev x|stddev_pop x|strftime t, fmt|string_agg x, sep|string_split text, sep|strip_accents text|strlen text|strptime text, fmt|struct_pack a := …|substr text, from, n|substring text, from, n|sum x|
time_bucket width, t|to_days n|to_hours n|to_json x|to_minutes n|to_seconds n|to_timestamp epoch|today|translate text, from, to|trim text|trunc x|try_cast x AS type|typeof x|unnest l|upper text|uuid|var_pop x|variance x|week t|weekday t|year t|yearweek t|`;

export interface SqlFunction { name: string; args: string }

export const functions: readonly SqlFunction[] = text.replaceAll('\n', '').split('|').filter(Boolean).map(l => {
  const i = l.indexOf(' ');
  return i < 0 ? { name: l, args: '' } : { name: l.slice(0, i), args: l.slice(i + 1) };
});

export const keywords = 'select from where group by all having order limit offset distinct as with recursive union except intersect join left right full outer inner cross semi anti asof positional lateral on using and or not in is null like ilike similar to between exists case when then else end cast over partition rows range preceding following unbounded current row filter within qualify window sample tablesample values asc desc nulls first last true false interval pivot unpivot describe summarize show explain exclude replace columns name any some collate at time zone array map struct';
export const types = 'bigint integer int smallint tinyint hugeint ubigint uinteger usmallint utinyint double float real decimal numeric varchar text char boolean bool date time timestamp timestamptz interval json blob uuid';
