\ir ../workload.sql
drop table if exists noise cascade;
create table noise(like bench including all);
