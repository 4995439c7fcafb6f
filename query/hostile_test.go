//go:build duckdb_arrow

package query

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maru"
)

// hostile are statements that must not run. $OUT is a directory outside of the
// roots, $DATA the data directory.
const hostile = `
-- kinds of statements
INSERT INTO numbers VALUES (1)
UPDATE numbers SET id = 1
DELETE FROM numbers
CREATE TABLE x AS SELECT 1
CREATE OR REPLACE VIEW numbers AS SELECT 1
CREATE MACRO f() AS 1
CREATE SECRET s (TYPE s3)
DROP TABLE numbers
ALTER TABLE numbers ADD COLUMN x INT
TRUNCATE numbers
MERGE INTO numbers USING numbers n ON true WHEN MATCHED THEN DELETE
COPY (SELECT 1) TO '$OUT/x.csv'
COPY numbers TO 'x.csv'
COPY numbers FROM '$OUT/secret.csv'
EXPORT DATABASE '$OUT/x'
IMPORT DATABASE '$OUT'
ATTACH '$OUT/x.duckdb'
ATTACH ':memory:' AS m
DETACH memory
USE memory
SET threads = 1
SET VARIABLE x = 1
RESET threads
PRAGMA version
PRAGMA database_list
CALL pragma_version()
CALL query('SELECT 1')
LOAD httpfs
INSTALL httpfs
FORCE INSTALL httpfs
CHECKPOINT
VACUUM
ANALYZE
BEGIN
COMMIT
ROLLBACK
PREPARE p AS SELECT 1
EXECUTE p
DEALLOCATE p
COMMENT ON TABLE numbers IS 'x'
EXPLAIN ANALYZE SELECT 1
EXPLAIN EXPLAIN SELECT 1
EXPLAIN DELETE FROM numbers
EXPLAIN COPY (SELECT 1) TO '$OUT/x'
SELECT 1; SELECT 2
SELECT 1; DROP TABLE numbers
WITH x AS (INSERT INTO numbers VALUES (1) RETURNING *) FROM x
/* SELECT */ DELETE FROM numbers
SHOW DATABASES
SHOW VARIABLES
SHOW SETTINGS
;;;

-- functions that run or bind SQL
SELECT * FROM query('SELECT 1')
SELECT * FROM QUERY('SELECT 1')
SELECT * FROM "query"('SELECT 1')
SELECT * FROM query_table('numbers')
SELECT * FROM query_table(['numbers'])
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
SELECT json_serialize_sql('SELECT 1')
SELECT json_serialize_plan('SELECT * FROM read_text(''$OUT/secret.csv'')')
SELECT json_deserialize_sql('{}')
SELECT * FROM sql_auto_complete('SEL')
SELECT * FROM histogram('numbers', id)
SELECT * FROM histogram_values('numbers', id)
-- functions that show the engine
SELECT current_setting('temp_directory')
SELECT getvariable('x')
SELECT getenv('HOME')
SELECT current_query()
SELECT main.current_setting('temp_directory')
SELECT system.main.current_setting('temp_directory')
SELECT pg_catalog.current_setting('x')
SELECT CURRENT_SETTING('temp_directory')
SELECT "current_setting"('temp_directory')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_tables()
SELECT * FROM duckdb_views()
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_databases()
SELECT * FROM duckdb_logs()
SELECT * FROM duckdb_memory()
SELECT * FROM duckdb_temporary_files()
SELECT * FROM duckdb_extensions()
SELECT * FROM duckdb_variables()
SELECT * FROM pragma_version()
SELECT * FROM pragma_table_info('maru_t1')
SELECT * FROM pragma_database_size()
SELECT * FROM pragma_storage_info('x')
SELECT * FROM pragma_user_agent()
SELECT * FROM which_secret('s3://x', 's3')
SELECT pg_get_viewdef(1)
SELECT has_table_privilege('x', 'y')
SELECT write_log('x')
SELECT nextval('s')
SELECT setseed(0.1)
SELECT sleep_ms(100000)
SELECT pg_sleep(1000)
SELECT * FROM enable_logging()
SELECT * FROM truncate_duckdb_logs()
SELECT * FROM checkpoint()
SELECT * FROM force_checkpoint()
SELECT * FROM enable_profiling()
-- functions that can crash it
SELECT * FROM arrow_scan(1, 2, 3)
SELECT * FROM arrow_scan_dumb(1, 2, 3)
SELECT * FROM seq_scan('x')
SELECT * FROM test_all_types()
SELECT * FROM read_duckdb('$OUT/x.duckdb')
SELECT finalize('x'::BLOB)
SELECT sum(id) EXPORT_STATE FROM numbers
SELECT __internal_decompress_string('x')
SELECT __internal_compress_integral_utinyint(1, 2)
SELECT no_such_function(1)
SELECT maru_sketch_bucket(1)
SELECT * FROM maru_t1
SELECT a.b.sum(1)
SELECT other.sum(1)

-- tables by every spelling
SELECT * FROM nothing
SELECT * FROM main.numbers
SELECT * FROM memory.main.numbers
SELECT * FROM temp.numbers
SELECT * FROM "main"."numbers"
SELECT * FROM information_schema.tables
SELECT * FROM pg_catalog.pg_class
SELECT * FROM pg_class
SELECT * FROM sqlite_master
SELECT * FROM duckdb_settings
SELECT * FROM duckdb_tables
SELECT * FROM pragma_database_list
SELECT * FROM numbers AT (VERSION => 1)
SELECT * FROM maru_catalog
SELECT * FROM maru_t1_rows
WITH maru_t1 AS (SELECT 1) SELECT * FROM numbers
WITH MARU_T1 AS (SELECT 1) SELECT * FROM numbers
WITH RECURSIVE maru_x AS (SELECT 1 UNION ALL SELECT 1 FROM maru_x) FROM maru_x
SELECT * FROM (WITH duckdb_settings AS (SELECT 1) SELECT 1), duckdb_settings
WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a
SELECT (SELECT max(x) FROM secret)
SELECT 1 WHERE EXISTS (FROM secret)
SELECT 1 ORDER BY (SELECT 1 FROM secret)
SELECT 1 LIMIT (SELECT 1 FROM secret)
SELECT sum(1) FILTER ((SELECT true FROM secret))
SELECT row_number() OVER (ORDER BY (SELECT 1 FROM secret))
SELECT DISTINCT ON ((SELECT 1 FROM secret)) 1
SELECT 1 GROUP BY (SELECT 1 FROM secret)
SELECT 1 QUALIFY (SELECT true FROM secret)
SELECT CASE WHEN (SELECT true FROM secret) THEN 1 END
SELECT list_transform([1], x -> (SELECT 1 FROM secret))
SELECT [x FOR x IN [1] IF (SELECT true FROM secret)]
SELECT * REPLACE ((SELECT 1 FROM secret) AS id) FROM numbers
SELECT COLUMNS(c -> (SELECT true FROM secret)) FROM numbers
VALUES ((SELECT 1 FROM secret))
FROM numbers, LATERAL (SELECT * FROM secret)
FROM numbers POSITIONAL JOIN secret
FROM numbers ASOF JOIN secret ON id >= x
FROM numbers SEMI JOIN secret USING (id)
PIVOT secret ON a IN (1) USING sum(b)
UNPIVOT secret ON a
SUMMARIZE secret
DESCRIBE secret
DESCRIBE information_schema.tables
SELECT * FROM (SHOW ALL TABLES), secret
SELECT * FROM tumble(secret, ts, INTERVAL 1 SECOND)
SELECT * FROM tumble((SELECT * FROM secret), ts, INTERVAL 1 SECOND)
SELECT * FROM tumble(numbers, (SELECT ts FROM secret), INTERVAL 1 SECOND)
SELECT * FROM tumble(numbers)
SELECT * FROM tumble(main.numbers, id, INTERVAL 1 SECOND)
SELECT * FROM hop('$OUT/secret.csv', x, INTERVAL 1 SECOND, INTERVAL 1 SECOND)

-- files
SELECT * FROM '$OUT/secret.csv'
SELECT * FROM read_csv('$OUT/secret.csv')
SELECT * FROM read_csv(['a.csv', '$OUT/secret.csv'])
SELECT * FROM read_csv('$OUT/*.csv')
SELECT * FROM read_csv('$OUT/**')
SELECT * FROM read_text('$OUT/secret.csv')
SELECT * FROM read_blob('$OUT/secret.csv')
SELECT * FROM read_json('$OUT/secret.csv')
SELECT * FROM read_parquet('$OUT/secret.csv')
SELECT * FROM parquet_metadata('$OUT/secret.csv')
SELECT * FROM sniff_csv('$OUT/secret.csv')
SELECT * FROM glob('$OUT/*')
SELECT * FROM glob('/*')
SELECT * FROM glob('/etc/*')
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM read_text('/proc/self/environ')
SELECT * FROM read_blob('/dev/zero')
SELECT * FROM read_text('../../../../../../../../etc/passwd')
SELECT * FROM read_text('./../../../../../../../../../etc/passwd')
SELECT * FROM read_text('link.csv')
SELECT * FROM 'link.csv'
SELECT * FROM read_csv('linkdir/*.csv')
SELECT * FROM read_csv('linkdir/secret.csv')
SELECT * FROM read_csv('l*/secret.csv')
SELECT * FROM read_csv('link*')
SELECT * FROM read_text('pipe')
SELECT * FROM read_text('.')
SELECT * FROM read_text('')
SELECT * FROM read_text('$DATA/token')
SELECT * FROM read_text('data-link/token')
SELECT * FROM '$DATA/x.csv'
SELECT * FROM read_csv('$DATA/*')
SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')
SELECT * FROM 'https://example.com/x.csv'
SELECT * FROM read_parquet('s3://bucket/x.parquet')
SELECT * FROM 'file:///etc/passwd'
SELECT * FROM read_csv('a' || '.csv')
SELECT * FROM read_csv((SELECT 'a.csv'))
SELECT * FROM read_csv(concat('a', '.csv'))
SELECT * FROM read_csv(['a.csv', 'a' || '.csv'])
SELECT * FROM read_csv('a.csv', store_rejects = true)
SELECT * FROM read_csv('a.csv', rejects_table = 'x')
SELECT * FROM read_csv('a.csv', no_such_option = 1)
SELECT * FROM read_csv('a.csv', header = (SELECT true FROM secret))
SELECT * FROM read_csv('a.csv', getenv('HOME'))
SELECT * FROM read_parquet('x.parquet', encryption_config = {footer_key: 'k'})
SELECT * FROM read_csv('a.csv') WHERE (SELECT true FROM read_text('$OUT/secret.csv'))
SELECT (SELECT content FROM read_text('$OUT/secret.csv'))
SELECT * FROM 'a.csv', '$OUT/secret.csv'
DESCRIBE '$OUT/secret.csv'
SUMMARIZE '$OUT/secret.csv'
EXPLAIN SELECT * FROM '$OUT/secret.csv'
SELECT * FROM parquet_scan('$OUT/secret.csv')
SELECT * FROM read_ndjson_objects('$OUT/secret.csv')
SELECT * FROM 'a.txt'
SELECT * FROM 'no/such.thing'
`

func TestHostile(t *testing.T) {
	shelf := testShelf(t)
	b := start(t, shelf, nil)
	out := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const canary = "canary_7261"
	must(os.WriteFile(filepath.Join(out, "secret.csv"), []byte("x\n"+canary+"\n"), 0o600))
	must(os.WriteFile(filepath.Join(b.cfg.DataDir, "token"), []byte(canary), 0o600))
	must(os.WriteFile(filepath.Join(b.dir, "a.csv"), []byte("x\n1\n"), 0o600))
	must(os.Symlink(filepath.Join(out, "secret.csv"), filepath.Join(b.dir, "link.csv")))
	must(os.Symlink(out, filepath.Join(b.dir, "linkdir")))
	must(os.Symlink(b.cfg.DataDir, filepath.Join(b.dir, "data-link")))
	must(makePipe(filepath.Join(b.dir, "pipe")))
	n := 0
	for _, sql := range strings.Split(hostile, "\n") {
		if sql == "" || strings.HasPrefix(sql, "-- ") {
			continue
		}
		n++
		sql = strings.NewReplacer("$OUT", out, "$DATA", b.cfg.DataDir).Replace(sql)
		got, err := b.rowsOf(Request{SQL: sql, Roots: []string{b.dir, filepath.Dir(b.cfg.DataDir)}})
		switch kind := maru.KindOf(err); {
		case err == nil:
			t.Errorf("%s\n  was taken and gave %.200s", sql, got)
		case strings.Contains(err.Error(), canary):
			t.Errorf("%s\n  shows the secret: %v", sql, err)
		case kind == maru.Internal || kind == maru.Unavailable:
			t.Errorf("%s\n  %v error: %v", sql, kind, err)
		default:
			t.Logf("%s\n  %v: %.300s", sql, kind, err)
		}
	}
	t.Logf("%d statements", n)
	if got, err := b.rows("SELECT count(*) FROM numbers"); got != "100000" || err != nil {
		t.Errorf("afterwards: %s, %v", got, err)
	}
}
