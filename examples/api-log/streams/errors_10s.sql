/* maru
emit: window close
keep: 9d
*/
SELECT window_start, window_end, status, count(*) AS errors, count(DISTINCT user) AS users
FROM tumble(api_log, ts, INTERVAL 10 SECOND)
WHERE status >= 500
GROUP BY ALL
