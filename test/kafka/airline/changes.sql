-- A day at that airline.
SET search_path = bookings, public;
BEGIN;
INSERT INTO bookings VALUES ('ZZZ001', '2026-03-02 12:34:56.789012+03', 1234.50), ('ZZZ002', '2026-03-02 12:34:56+00', 0);
INSERT INTO tickets VALUES ('0009900000001', 'ZZZ001', '0001 000001', 'NEW "PASSENGER" \', '{"note": "a, \"b\" \\ c"}'), ('0009900000002', 'ZZZ002', '0001 000002', '', NULL);
INSERT INTO ticket_flights VALUES ('0009900000001', 1, 'Economy', 10.05), ('0009900000001', 2, 'Business', 99999999.99), ('0009900000002', 1, 'Comfort', 0);
COMMIT;
UPDATE flights SET status = 'Departed', actual_departure = scheduled_departure + '7 min' WHERE status = 'On Time';
UPDATE tickets SET contact_data = contact_data || '{"vip": true}' WHERE ticket_no LIKE '%77';
UPDATE ticket_flights SET amount = amount + 0.01 WHERE flight_id BETWEEN 10 AND 300;
DELETE FROM boarding_passes WHERE flight_id % 10 = 1;
DELETE FROM seats WHERE aircraft_code = 'CR2';
UPDATE aircrafts_data SET aircraft_code = 'CR9', model = '{"en": "Bombardier CRJ-900"}' WHERE aircraft_code = 'CR2' AND NOT EXISTS (SELECT FROM flights WHERE aircraft_code = 'CR2');
UPDATE airports_data SET coordinates = point(1.5, -2.25), timezone = 'UTC' WHERE airport_code LIKE 'A%';
INSERT INTO crew (full_name, hired, licences) VALUES ('Neue Kollegin', '2026-03-01', ARRAY['a "quoted" licence', NULL]);
UPDATE crew SET hours = coalesce(hours, 0) + 8, licences = licences || '{PPL}' WHERE crew_id % 50 = 0;
UPDATE flight_crew SET crew_id = 600 WHERE flight_id % 100 = 0 AND duty = 'cockpit' AND crew_id = 1 + (flight_id * 5 + 101) % 600 AND crew_id <> 600
    AND NOT EXISTS (SELECT FROM flight_crew f WHERE f.flight_id = flight_crew.flight_id AND f.crew_id = 600);
DELETE FROM flight_crew WHERE flight_id > 2990;
