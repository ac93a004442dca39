insert into listed values (1, 'clear', 1);
insert into hidden values (1, 'clear', 1);
insert into unique_hidden values (1, 'clear', 1);
insert into made values (7);
