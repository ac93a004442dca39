-- An airline's database as a user would load it: ten tables and a view in schema bookings. psql -v bookings=10000
CREATE SCHEMA bookings;
SET search_path = bookings, public;
SELECT setseed(0.5);

CREATE TABLE aircrafts_data (aircraft_code char(3) PRIMARY KEY, model jsonb NOT NULL, range int NOT NULL CHECK (range > 0));
INSERT INTO aircrafts_data VALUES
    ('773', '{"en": "Boeing 777-300", "de": "Boeing 777-300"}', 11100), ('763', '{"en": "Boeing 767-300"}', 7900),
    ('320', '{"en": "Airbus A320-200"}', 5700), ('321', '{"en": "Airbus A321-200"}', 5600),
    ('CN1', '{"en": "Cessna 208 \"Caravan\""}', 1200), ('CR2', '{"en": "Bombardier CRJ-200"}', 2700);

CREATE TABLE airports_data (airport_code char(3) PRIMARY KEY, airport_name jsonb NOT NULL, city jsonb NOT NULL, coordinates point NOT NULL,
    timezone text NOT NULL);
INSERT INTO airports_data
SELECT chr(65 + g % 26) || chr(65 + g / 26) || 'X', jsonb_build_object('en', 'Airport No. ' || g, 'de', 'Flughafen Nr. ' || g),
    jsonb_build_object('en', 'City ' || g, 'de', 'Stadt ' || g || ' an der Ümläut'), point(-180 + g * 3.25, 90 - g * 1.5),
    (ARRAY['Europe/Berlin', 'Asia/Tokyo', 'America/New_York'])[1 + g % 3]
FROM generate_series(0, 103) g;

CREATE VIEW airports AS SELECT airport_code, airport_name ->> 'en' AS airport_name, city ->> 'en' AS city, coordinates, timezone FROM airports_data;

CREATE TABLE seats (aircraft_code char(3) REFERENCES aircrafts_data ON DELETE CASCADE, seat_no varchar(4),
    fare_conditions varchar(10) NOT NULL CHECK (fare_conditions IN ('Economy', 'Comfort', 'Business')), PRIMARY KEY (aircraft_code, seat_no));
INSERT INTO seats
SELECT aircraft_code, r || chr(64 + c), CASE WHEN r < 6 THEN 'Business' WHEN r < 10 THEN 'Comfort' ELSE 'Economy' END
FROM aircrafts_data, generate_series(1, 40) r, generate_series(1, 6) c WHERE r * 6 < range / 30;

CREATE TABLE flights (flight_id serial PRIMARY KEY, flight_no char(6) NOT NULL, scheduled_departure timestamptz NOT NULL,
    scheduled_arrival timestamptz NOT NULL, departure_airport char(3) NOT NULL REFERENCES airports_data, arrival_airport char(3) NOT NULL REFERENCES airports_data,
    status varchar(20) NOT NULL, aircraft_code char(3) NOT NULL REFERENCES aircrafts_data, actual_departure timestamptz, actual_arrival timestamptz,
    UNIQUE (flight_no, scheduled_departure), CHECK (scheduled_arrival > scheduled_departure));
INSERT INTO flights (flight_no, scheduled_departure, scheduled_arrival, departure_airport, arrival_airport, status, aircraft_code, actual_departure, actual_arrival)
SELECT 'PG' || lpad((g % 700)::text, 4, '0'), d, d + '90 min'::interval + g % 300 * '1 min'::interval,
    chr(65 + g % 26) || chr(65 + g / 26 % 4) || 'X', chr(65 + (g * 7 + 3) % 26) || chr(65 + g / 31 % 4) || 'X',
    (ARRAY['Scheduled', 'On Time', 'Delayed', 'Departed', 'Arrived', 'Cancelled'])[1 + g % 6],
    (ARRAY['773', '763', '320', '321', 'CN1', 'CR2'])[1 + g % 6], CASE WHEN g % 6 IN (3, 4) THEN d + g % 40 * '1 min'::interval END,
    CASE WHEN g % 6 = 4 THEN d + '3 h'::interval + random() * '1 h'::interval END
FROM generate_series(1, 3000) g, LATERAL (SELECT '2026-03-01 05:00+01'::timestamptz + g * '17 min'::interval AS d) at;

CREATE TABLE bookings (book_ref char(6) PRIMARY KEY, book_date timestamptz NOT NULL, total_amount numeric(10,2) NOT NULL);
INSERT INTO bookings
SELECT upper(lpad(to_hex(g * 3571 % 16777213), 6, '0')), '2026-01-01 00:00+00'::timestamptz + random() * '60 days'::interval, round((random() * 90000)::numeric, 2)
FROM generate_series(1, :bookings) g;

CREATE TABLE tickets (ticket_no char(13) PRIMARY KEY, book_ref char(6) NOT NULL REFERENCES bookings, passenger_id varchar(20) NOT NULL,
    passenger_name text NOT NULL, contact_data jsonb);
INSERT INTO tickets
SELECT '00054' || lpad(row_number() OVER ()::text, 8, '0'), book_ref, lpad((random() * 9999)::int::text, 4, '0') || ' ' || lpad(n::text, 6, '0'),
    (ARRAY['ANNA', 'JOSÉ', 'MARÍA', 'YŪKI', 'OLENA', 'SEÁN'])[1 + n % 6] || ' ' || (ARRAY['O''NEILL', 'GARCÍA', 'MÜLLER', 'ŁUKASZ', '佐藤', 'SMITH "JR"'])[1 + n / 6 % 6],
    CASE WHEN n % 9 > 0 THEN jsonb_build_object('phone', '+7' || n * 977, 'email', CASE WHEN n % 2 = 0 THEN 'p' || n || '@example.com' END) END
FROM (SELECT book_ref, row_number() OVER () AS n FROM bookings, generate_series(1, 3) WHERE random() < 0.5) passengers;

CREATE TABLE ticket_flights (ticket_no char(13) REFERENCES tickets, flight_id int REFERENCES flights, fare_conditions varchar(10) NOT NULL,
    amount numeric(10,2) NOT NULL CHECK (amount >= 0), PRIMARY KEY (ticket_no, flight_id));
INSERT INTO ticket_flights
SELECT ticket_no, 1 + (n * 13 + leg * 977) % 3000, (ARRAY['Economy', 'Comfort', 'Business'])[1 + n % 3], round((random() * 20000)::numeric, 2)
FROM (SELECT ticket_no, row_number() OVER () AS n FROM tickets) t, generate_series(1, 3) leg WHERE leg <= 1 + n % 3;

CREATE TABLE boarding_passes (ticket_no char(13), flight_id int, boarding_no int NOT NULL, seat_no varchar(4) NOT NULL, PRIMARY KEY (ticket_no, flight_id),
    UNIQUE (flight_id, boarding_no), FOREIGN KEY (ticket_no, flight_id) REFERENCES ticket_flights);
INSERT INTO boarding_passes
SELECT ticket_no, flight_id, no, 1 + no / 6 || chr(65 + (no % 6)::int)
FROM (SELECT ticket_no, flight_id, row_number() OVER (PARTITION BY flight_id ORDER BY ticket_no) AS no FROM ticket_flights) p WHERE flight_id % 3 > 0;

CREATE TABLE crew (crew_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, full_name text NOT NULL, hired date NOT NULL, licences text[] NOT NULL DEFAULT '{}',
    hours double precision, active boolean NOT NULL DEFAULT true);
INSERT INTO crew (full_name, hired, licences, hours, active)
SELECT 'Crew member ' || g, '1999-12-28'::date + g * 7, CASE g % 3 WHEN 0 THEN '{}' WHEN 1 THEN '{ATPL}' ELSE '{ATPL,"type: A320, A321"}' END::text[],
    CASE WHEN g % 10 > 0 THEN g * 1234.56789 / 7 END, g % 17 > 0
FROM generate_series(1, 600) g;

CREATE TABLE flight_crew (flight_id int REFERENCES flights, crew_id int REFERENCES crew, duty varchar(12) NOT NULL DEFAULT 'cabin', PRIMARY KEY (flight_id, crew_id));
INSERT INTO flight_crew SELECT flight_id, 1 + (flight_id * 5 + n * 101) % 600, CASE WHEN n < 3 THEN 'cockpit' ELSE 'cabin' END FROM flights, generate_series(1, 5) n;
ANALYZE;
