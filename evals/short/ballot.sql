-- Votes by telephone: area codes, abbreviated states, numbers that are names.
CREATE TABLE AREA_CODES (area_code INTEGER PRIMARY KEY, state VARCHAR(2) NOT NULL);
CREATE TABLE ACTS (act_number INTEGER PRIMARY KEY, act_name VARCHAR(50) NOT NULL);
CREATE TABLE BALLOTS (
  ballot_id INTEGER PRIMARY KEY, phone_number BIGINT NOT NULL, state VARCHAR(2) NOT NULL, act_number INTEGER NOT NULL, created TIMESTAMP NOT NULL,
  FOREIGN KEY (act_number) REFERENCES ACTS (act_number)
);
INSERT INTO AREA_CODES VALUES (201, 'NJ'), (202, 'DC'), (203, 'CT'), (205, 'AL'), (206, 'WA'), (207, 'ME'), (208, 'ID'), (209, 'CA'), (210, 'TX'), (213, 'CA'), (214, 'TX'), (253, 'WA'), (310, 'CA');
INSERT INTO ACTS VALUES (1, 'Edwina Burn'), (2, 'Tabatha Gear'), (3, 'Kelly Claus'), (4, 'Jessie All'), (5, 'Alana Bray'), (6, 'Loraine Fox');
INSERT INTO BALLOTS VALUES
  (1, 7182687233, 'NJ', 2, '2018-03-09 15:44:04'), (2, 6209223523, 'CA', 5, '2018-03-09 15:44:14'), (3, 7121746320, 'CA', 3, '2018-03-09 15:44:15'), (4, 8391681412, 'CT', 2, '2018-03-10 09:14:04'), (5, 3105551212, 'CA', 2, '2018-03-10 10:00:00'), (6, 2068674413, 'WA', 1, '2018-03-11 08:30:00'), (7, 2105550001, 'TX', 5, '2018-03-12 21:20:21');
