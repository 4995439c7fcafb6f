insert into t values (1,2,3); select * from t where id in (1001,1002,1003,1004,1005,1006,1007,1008,1009,1010,1011,1012,1013,1014,1015,1016,1017,1018,1019,1020,1021)
order by all;
from requests_1m select path
-- the last word
