/* maru
emit: changes
keep: 9d
*/
SELECT window_start, method, path, count(*) AS repeats, count(DISTINCT user) AS users, min(gap_ms) AS least_gap_ms
FROM tumble(repeated_calls, ts, INTERVAL 1 MINUTE)
GROUP BY ALL
