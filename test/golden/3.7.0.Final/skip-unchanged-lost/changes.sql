insert into t values (1, 'a', '{(1,1),(0,0)}', '{sad,NULL}');
update t set n = 'b';
update t set b = '{(2,2),(0,0)}';
update t set m = '{NULL,ok}';
update t set m = '{ok}';
update t set id = id;
