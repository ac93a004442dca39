INSERT INTO outbox VALUES (1, 'Order', '1', 't', '{"a": [{"x": 1}, {"x": 2}]}');
INSERT INTO outbox VALUES (2, 'Order', '2', 't', '{"a": [{"x": null}, {"x": 1}]}');
INSERT INTO outbox VALUES (3, 'Order', '3', 't', '{"a": [{"x": {"y": 1}}, {"x": {"y": 2}, "z": 1}]}');
INSERT INTO outbox VALUES (4, 'Order', '4', 't', '{"a": [{"x": 1}, null]}');
INSERT INTO outbox VALUES (5, 'Order', '5', 't', '{"a": [{"b": [{"c": 1}, {}]}, {}]}');
INSERT INTO outbox VALUES (6, 'Order', '6', 't', '{"a": [{}, {}]}');
