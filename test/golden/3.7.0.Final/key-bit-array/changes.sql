insert into t values (1, '{1}', 'a');
update t set b = '{0,1}';
update t set k = 2;
delete from t;
