drop table if exists measure cascade;
create table measure(id bigint primary key, price numeric(18,6), amount numeric(12,2), ratio numeric(9,8), total numeric(30,4), any_scale numeric, measured timestamptz,
    stored timestamp, stored_ms timestamp(3), day date, clock time, value float8, small real);
