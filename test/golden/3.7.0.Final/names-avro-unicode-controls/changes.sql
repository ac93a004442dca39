INSERT INTO "tab	le" VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
DELETE FROM "tab	le";
