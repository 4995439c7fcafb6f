/* maru
# The question this project answers: the same call by the same user again
# within 200 ms. A row comes when the watermark has passed it.
emit: changes
keep: 9d
*/
SELECT ts, user, method, path, query, gap_ms, status, request_id
FROM (
  SELECT *,
         epoch_ms(ts) - epoch_ms(lag(ts) OVER (PARTITION BY user, method, path, query, body_hash ORDER BY ts)) AS gap_ms
  FROM api_log
)
WHERE gap_ms < 200
