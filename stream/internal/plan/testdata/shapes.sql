SELECT ts, path, status FROM api_log WHERE status >= 500
---
SELECT window_start, path, count(*) AS n, avg(latency_ms) AS a, max(bytes) - min(bytes) AS spread FROM tumble(api_log, ts, INTERVAL 1 MINUTE) WHERE method = 'GET' GROUP BY ALL
---# close
SELECT window_start, count(DISTINCT user) AS users, approx_quantile(latency_ms, 0.99) AS p99, stddev(latency_ms) AS sd FROM hop(api_log, ts, INTERVAL 10 SECOND, INTERVAL 1 MINUTE) GROUP BY window_start HAVING count(*) > 3
---# unbounded
SELECT status, count(*) FROM api_log GROUP BY status ORDER BY 2 DESC LIMIT 5
---
SELECT ts, user, path, gap FROM (SELECT *, epoch_ms(ts) - epoch_ms(lag(ts) OVER (PARTITION BY user, path ORDER BY ts)) AS gap FROM api_log) WHERE gap < 200
---
SELECT window_start, path, count(*) AS n FROM tumble(repeated, ts, INTERVAL 1 MINUTE) GROUP BY 1, 2
---
WITH r AS (SELECT ts, user, ts - lag(ts) OVER (PARTITION BY user ORDER BY ts) AS g FROM api_log) SELECT ts, user FROM r WHERE g BETWEEN INTERVAL 0 SECOND AND INTERVAL '200 milliseconds'
---
SELECT ts, user, sum(bytes) OVER (PARTITION BY user ORDER BY ts RANGE BETWEEN INTERVAL 10 SECOND PRECEDING AND CURRENT ROW) AS recent FROM api_log
---
SELECT window_start, c.name, count(*) AS n FROM tumble(api_log, ts, INTERVAL 1 HOUR) a LEFT JOIN countries c ON a.country = c.code GROUP BY 1, 2
---
SELECT ws, max(n) AS most FROM (SELECT window_start AS ws, path, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY 1, 2) GROUP BY ws
---
SELECT window_start, max(n) AS most FROM tumble((SELECT window_start AS ws, path, count(*) AS n FROM tumble(api_log, ts, INTERVAL 10 SECOND) GROUP BY 1, 2), ws, INTERVAL 1 MINUTE) GROUP BY window_start
---
SELECT count(*) AS n, count(*) FILTER (WHERE x > 3) AS big FROM plain
---
SELECT ts, user, lag(path) OVER (PARTITION BY user ORDER BY ts) AS before FROM api_log QUALIFY ts - lag(ts) OVER (PARTITION BY user ORDER BY ts) < INTERVAL 1 SECOND
