insert into cut values (1, 'a😀', 'é😀b', '表😀'), (2, '😀a', '😀', 'aé'), (3, 'é', 'ab😀', '');
