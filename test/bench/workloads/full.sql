\ir ../workload.sql
alter table bench replica identity full;
