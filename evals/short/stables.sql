-- Horses, who owns them and what was done to them: codes, flags, money and columns that occur in several relations.
CREATE TABLE Breeds (breed_code CHAR(4) PRIMARY KEY, breed_name VARCHAR(80));
CREATE TABLE Charges (charge_id INTEGER PRIMARY KEY, charge_type VARCHAR(20), charge_amount DECIMAL(19,2));
CREATE TABLE Heights (height_code VARCHAR(10) PRIMARY KEY, height_description VARCHAR(80));
CREATE TABLE Treatment_Types (treatment_type_code VARCHAR(10) PRIMARY KEY, treatment_type_description VARCHAR(80));
CREATE TABLE Owners (
  owner_id INTEGER PRIMARY KEY, first_name VARCHAR(50), last_name VARCHAR(50), street VARCHAR(50), city VARCHAR(50), state VARCHAR(20), zip_code VARCHAR(20), email_address VARCHAR(50), home_phone VARCHAR(20), cell_number VARCHAR(20)
);
CREATE TABLE Horses (
  horse_id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, stabled_yn VARCHAR(1), breed_code CHAR(4) NOT NULL, height_code VARCHAR(10) NOT NULL, name VARCHAR(50), age INTEGER, date_of_birth TIMESTAMP, gender VARCHAR(1), weight INTEGER, date_arrived TIMESTAMP, date_departed TIMESTAMP,
  FOREIGN KEY (owner_id) REFERENCES Owners (owner_id),
  FOREIGN KEY (breed_code) REFERENCES Breeds (breed_code),
  FOREIGN KEY (height_code) REFERENCES Heights (height_code)
);
CREATE TABLE Specialists (
  specialist_id INTEGER PRIMARY KEY, role_code VARCHAR(10) NOT NULL, first_name VARCHAR(50), last_name VARCHAR(50), street VARCHAR(50), city VARCHAR(50), state VARCHAR(20), email_address VARCHAR(50)
);
CREATE TABLE Treatments (
  treatment_id INTEGER PRIMARY KEY, horse_id INTEGER NOT NULL, specialist_id INTEGER NOT NULL, treatment_type_code VARCHAR(10) NOT NULL, date_of_treatment TIMESTAMP, cost_of_treatment DECIMAL(19,4),
  FOREIGN KEY (horse_id) REFERENCES Horses (horse_id),
  FOREIGN KEY (specialist_id) REFERENCES Specialists (specialist_id),
  FOREIGN KEY (treatment_type_code) REFERENCES Treatment_Types (treatment_type_code)
);
INSERT INTO Breeds VALUES ('SHE', 'Shetland'), ('HAF', 'Haflinger'), ('ARA', 'Arabian'), ('FRI', 'Friesian');
INSERT INTO Charges VALUES (1, 'Daily Stabling', 48), (2, 'Drugs', 210), (3, 'Farrier', 640);
INSERT INTO Heights VALUES ('PON', 'Pony'), ('MED', 'Medium'), ('TAL', 'Tall');
INSERT INTO Treatment_Types VALUES ('VAC', 'Vaccination'), ('SHO', 'Shoeing'), ('TEE', 'Teeth'), ('XRA', 'X-ray');
INSERT INTO Owners VALUES
  (1, 'Nora', 'Haan', '3 Elm Lane', 'Lake Tia', 'Iowa', '18503', 'nora@mail.example', '(465)246-4', '1-555-11'), (2, 'Jaap', 'Kade', '88 Mill St', 'Port Reel', 'Ohio', '73106', 'jk@mail.example', '258.624', '1-555-12'), (3, 'Rolf', 'Dorn', '7 Dike', 'North Joe', 'Iowa', '37008', 'rolf@mail.example', '(609)405', '1-555-13'),
  (4, 'Tory', 'Witt', '1 Summit', 'Roby', 'Texas', '76786', 'tory@mail.example', '(00)7001', '1-555-14'), (5, 'Mela', 'Haan', '22 Ring', 'Rossie', 'Ohio', '75552', 'mela@mail.example', '1-150', '1-555-15'), (6, 'Kade', 'Rupp', '9 Hay Rd', 'Lake Tia', 'Iowa', '18504', 'kade@mail.example', '77-88', '1-555-16');
INSERT INTO Horses VALUES
  (1, 2, '1', 'SHE', 'PON', 'Kacey', 6, '2012-01-27 05:11:53', '1', 197, '2017-09-08 20:10:13', '2018-03-25 06:58:44'), (2, 1, '0', 'HAF', 'MED', 'Hipo', 9, '2009-05-13 22:59:36', '0', 478, '2017-12-22 05:02:02', '2018-03-25 02:11:32'), (3, 3, '1', 'ARA', 'TAL', 'Mavis', 8, '2010-08-03 06:45:30', '1', 451, '2017-06-25 10:14:05', '2018-03-25 04:53:10'),
  (4, 2, '1', 'SHE', 'PON', 'Houston', 5, '2013-03-14 00:25:18', '0', 204, '2017-04-20 00:58:55', '2018-03-24 19:12:10'), (5, 5, '0', 'FRI', 'TAL', 'Jeffrey', 4, '2014-02-01 14:18:10', '1', 590, '2017-10-25 00:55:34', '2018-03-25 04:50:22'), (6, 2, '1', 'ARA', 'MED', 'Merritt', 7, '2011-11-11 18:52:35', '1', 408, '2017-05-15 15:33:58', '2018-03-25 15:17:47'),
  (7, 4, '1', 'HAF', 'MED', 'Tory', 3, '2015-10-26 04:40:06', '1', 466, '2017-10-20 00:20:23', '2018-03-25 22:37:03'), (8, 1, '0', 'SHE', 'PON', 'Georgette', 2, '2016-07-14 16:41:51', '0', 181, '2017-09-17 07:17:56', '2018-03-25 03:47:27');
INSERT INTO Specialists VALUES
  (1, 'VET', 'Taya', 'Owen', '12 High St', 'Port Reel', 'Ohio', 'taya@mail.example'), (2, 'FARR', 'Mela', 'Busch', '9 Forge Rd', 'Lake Tia', 'Iowa', 'busch@mail.example'), (3, 'VET', 'Kees', 'Rupp', '4 Chapel', 'Roby', 'Texas', 'kees@mail.example'), (4, 'CARE', 'Rosa', 'Pell', '8 Gate', 'North Joe', 'Iowa', 'rosa@mail.example');
INSERT INTO Treatments VALUES
  (1, 1, 1, 'VAC', '2018-03-19 04:39:54', 567), (2, 3, 2, 'SHO', '2018-03-15 20:25:34', 147), (3, 3, 3, 'XRA', '2018-03-08 05:26:23', 429), (4, 4, 1, 'VAC', '2018-03-01 04:14:46', 266), (5, 6, 2, 'SHO', '2018-03-23 13:52:10', 668), (6, 2, 1, 'TEE', '2018-03-11 04:23:15', 313),
  (7, 6, 3, 'XRA', '2018-03-10 11:45:58', 852), (8, 7, 1, 'VAC', '2018-03-24 22:25:58', 407), (9, 6, 2, 'SHO', '2018-03-14 19:10:40', 139), (10, 5, 3, 'TEE', '2018-03-05 08:00:12', 150);
