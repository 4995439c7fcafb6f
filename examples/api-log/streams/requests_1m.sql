/* maru
emit: changes
keep: 9d   # the dashboard shows the hours of a week before beside these
*/
SELECT window_start, s.class AS class, path,
       count(*) AS requests,
       sum(bytes) AS bytes,
       approx_quantile(latency_ms, 0.5) AS p50_ms,
       approx_quantile(latency_ms, 0.99) AS p99_ms
FROM tumble(api_log, ts, INTERVAL 1 MINUTE) r LEFT JOIN status_classes s ON r.status = s.status
GROUP BY ALL
