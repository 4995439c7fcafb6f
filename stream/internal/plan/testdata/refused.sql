SELECT path, count(*) FROM api_log GROUP BY path
---
SELECT ts, lag(ts) OVER (PARTITION BY user ORDER BY ts) FROM api_log
---
SELECT ts, lead(ts) OVER (PARTITION BY user ORDER BY ts) FROM api_log
---
SELECT lag(ts) OVER (PARTITION BY user ORDER BY bytes) FROM api_log
---
SELECT DISTINCT path FROM api_log
---
SELECT ts FROM api_log ORDER BY ts
---
SELECT a.ts FROM api_log a JOIN plain b ON a.bytes = b.x
---
SELECT * FROM countries
---
SELECT ts FROM api_log UNION ALL SELECT ts FROM api_log
---
SELECT ts FROM nope
---
SELECT nope FROM api_log
---
SELECT ts FROM api_log WHERE
---
SELECT now(), ts FROM api_log
---
SELECT window_start, median(bytes) FROM tumble(api_log, ts, INTERVAL 1 MINUTE) GROUP BY 1
---
SELECT window_start, count(*) FROM tumble(api_log, ts, INTERVAL 1 MONTH) GROUP BY 1
---
SELECT window_start, count(*) FROM tumble(api_log, bytes, INTERVAL 1 MINUTE) GROUP BY 1
---
SELECT window_start, count(*) FROM hop(api_log, ts, INTERVAL 1 MINUTE, INTERVAL 10 SECOND) GROUP BY 1
---
SELECT ts FROM api_log WHERE path IN (SELECT path FROM api_log)
---# close unbounded
SELECT path, count(*) FROM api_log GROUP BY path
---
INSERT INTO api_log VALUES (1)
