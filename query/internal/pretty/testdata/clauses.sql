/* maru
topic: out
*/
-- Which calls repeat
with calls as (select path, user_id, count(*) as n from api_log where "timestamp" >= {{from}} and "timestamp" < {{to}} group by all having count(*)>1),
paths as (select distinct path from requests_1m) -- all of them
select c.path, count(distinct c.user_id) as users, sum(c.n) filter (where c.n > 2) as repeats, quantile_cont(c.n, 0.95) over (partition by c.path order by c.n desc nulls last) as p95
from calls c left join paths p on p.path = c.path and p.path is not null
-- not the internal ones
where c.path not like '/internal/%' and c.path is distinct from '/health' and (c.n between 2 and 10 or c.n > 100) -- few or many
and c.user_id in (select user_id from people where country in ('KR','JP','TW') and signed_up >= date '2026-01-01' and churned_at is null)
group by 1 , c.path order by repeats desc, 1 limit 100 offset {{skip}}
