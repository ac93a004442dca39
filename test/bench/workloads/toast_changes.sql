-- bodies of 20 kB, inserted once and left alone by four updates
insert into document select g, 'document ' || g, 1, repeat(md5(g::text), 640) from generate_series(1, :rows) g;
update document set version = version + 1;
update document set version = version + 1;
update document set version = version + 1;
update document set version = version + 1;
