INSERT INTO outbox VALUES (1, 'Order', '1', 't', 'x', NULL);
INSERT INTO outbox VALUES (2, 'Order', '2', 't', 'x', '2020-01-02');
INSERT INTO outbox VALUES (3, 'Order', '3', 't', 'x', NULL);
