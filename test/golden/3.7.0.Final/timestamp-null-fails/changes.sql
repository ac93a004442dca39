INSERT INTO outbox VALUES (1, 'Order', '1', 't', NULL);
