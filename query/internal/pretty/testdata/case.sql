select path, -- of the request
 /* by status */ case when status >= 500 then 'server error' when status >= 400 then 'client error' when status >= 300 then 'redirect' else 'fine' end as class,
 case when a then 1 else 0 end as small, some_function_with_a_long_name(first_argument, second_argument, third_argument, 'a fourth one that is long'), extract(year from ts)
from requests union all by name select * exclude (b) from other
