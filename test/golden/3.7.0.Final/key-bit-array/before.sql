create table t (k int not null, b bit(1)[], v text);
create unique index on t (k, b);
alter table t replica identity full;
