insert into t (id, m, a, b) values (1, 'sad', 'a', 'b');
update t set a = 'c';
delete from t;
