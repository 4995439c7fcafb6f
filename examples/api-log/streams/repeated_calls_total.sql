/* maru
# How often, where, and since when: one row for each call.
emit: changes
state: unbounded   # as many rows as there are different calls
*/
SELECT method, path, count(*) AS repeats, min(ts) AS since, max(ts) AS last
FROM repeated_calls
GROUP BY method, path
