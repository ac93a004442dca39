create table listed (id int, secret text, n int, primary key (id, secret));
create table hidden (id int, secret text primary key, n int);
create unique index hidden_id on hidden (id);
create table unique_hidden (id int, secret text not null, n int);
create unique index a_secret on unique_hidden (secret);
create unique index b_id on unique_hidden (id);
create table made (id int, half int generated always as (id / 2) stored, primary key (half, id));
create publication golden_pub for table listed (id, n), hidden (id, n), unique_hidden (id, n), made with (publish = 'insert');
