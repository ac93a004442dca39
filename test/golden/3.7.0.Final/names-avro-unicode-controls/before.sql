CREATE TABLE "tab	le" ("new
line" int PRIMARY KEY, "tab	" text, U&"\0001" text, U&"\001F" text, U&"\007F" text, U&"\0080" text, U&"\00A0" text, U&"\0100" text, U&"\0FFF" text, U&"\FEFF" text);
