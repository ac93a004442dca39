INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, ver, note) VALUES (1, 'Order', '1', 'T', 'null', 2, NULL), (2, 'Order', '2', 'T', '[1, 2]', 2, NULL), (3, 'Other', '3', 'T', '{"n": 123456789012345678901}', 2, 'text of an integer that is too large');
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, ver, note) VALUES (4, 'Order', '4', 'T', '{"a": {"b": 1}}', 7, NULL), (5, 'Order', '5', 'T', '{"a": {"b": 1}}', 7, NULL), (6, 'Order', '6', 'T', '{"a": {"b": "x"}}', 7, NULL), (7, 'Order', '7', 'T', '"text"', 7, NULL);
SELECT pg_sleep(1);
ALTER TABLE outbox ALTER type SET STATISTICS 10;
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, ver, note) VALUES (8, 'Other', '8', 'T', '{"n": [1, 12345678901]}', 7, NULL), (9, 'Other', '9', 'T', '{"a": {"b": 2}}', 7, 'n'), (10, 'Order', '10', 'T', NULL, 7, NULL);
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, ver, note) VALUES (11, 'Order', '11', 'T', '[1]', 8, NULL), (12, 'Order', '12', 'T', '"text"', 8, NULL), (13, 'Order', '13', 'T', NULL, 8, NULL), (14, 'Order', '14', 'T', '{}', 9, NULL), (15, 'Order', '15', 'T', '{"a": 1}', 9, NULL), (16, 'Order', '16', 'T', '"x"', NULL, NULL);
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, ver, note) VALUES (17, 'Order', '17', 'T', '"last"', 2, NULL);
