insert into t values (1, 'a');
update t set id = 2;
update t set v = 'b';
delete from t;
