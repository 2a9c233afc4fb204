-- Letters made from forms: lists of codes with descriptions, versions, and details that say nothing.
CREATE TABLE Ref_Form_Kinds (form_kind_code CHAR(15) PRIMARY KEY, form_kind_description VARCHAR(255) NOT NULL);
CREATE TABLE Forms (
  form_id INTEGER PRIMARY KEY, version_number INTEGER NOT NULL, form_kind_code CHAR(15) NOT NULL, valid_from TIMESTAMP, valid_to TIMESTAMP, form_details VARCHAR(255) NOT NULL,
  FOREIGN KEY (form_kind_code) REFERENCES Ref_Form_Kinds (form_kind_code)
);
CREATE TABLE Letters (
  letter_id INTEGER PRIMARY KEY, form_id INTEGER, letter_name VARCHAR(255), letter_description VARCHAR(255), other_details VARCHAR(255),
  FOREIGN KEY (form_id) REFERENCES Forms (form_id)
);
CREATE TABLE Passages (
  passage_id INTEGER PRIMARY KEY, letter_id INTEGER NOT NULL, passage_text VARCHAR(255), other_details VARCHAR(255),
  FOREIGN KEY (letter_id) REFERENCES Letters (letter_id)
);
INSERT INTO Ref_Form_Kinds VALUES ('INV', 'Invoice'), ('REM', 'Reminder'), ('ADV', 'Advert'), ('NTC', 'Notice'), ('FLY', 'Flyer');
INSERT INTO Forms VALUES
  (2, 5, 'INV', '2004-02-25 11:58:29', '2004-09-11 22:29:51', ''), (3, 9, 'INV', '2004-02-15 07:58:13', '2016-06-08 00:03:52', ''), (5, 0, 'REM', '2005-11-12 07:09:48', '2008-01-05 14:19:28', ''), (8, 2, 'REM', '2002-03-02 14:39:49', '2007-08-26 08:47:29', ''),
  (11, 1, 'REM', '1996-02-04 11:27:24', '1995-09-19 22:27:48', ''), (14, 3, 'ADV', '1976-01-07 22:28:30', '2013-01-16 01:29:55', ''), (17, 8, 'NTC', '1990-10-21 08:33:14', '1983-04-12 14:54:02', ''), (20, 7, 'ADV', '2001-08-01 00:00:00', '2009-05-20 12:00:00', ''), (23, 4, 'FLY', '2003-04-09 10:00:00', '2011-02-01 09:30:00', '');
INSERT INTO Letters VALUES
  (76, 5, 'First Call', 'r', NULL), (80, 14, 'Summer Sale', 'v', NULL), (82, 11, 'Last Warning', 'd', NULL), (83, 14, 'Robin Shop', 'f', NULL), (90, 2, 'Welcome Bill', 'c', NULL),
  (91, 5, 'Second Call', 'o', NULL), (93, 20, 'Winter Sale', 'y', NULL), (95, 17, 'Moving House', 'l', NULL), (97, 5, 'Third Call', 'w', NULL);
INSERT INTO Passages VALUES
  (7, 80, 'Korea', NULL), (9, 76, 'Somalia', NULL), (65, 80, 'Palestine', NULL), (241, 80, 'Ukraine', NULL), (3708, 83, 'Brazil', NULL), (9946, 91, 'Ireland', NULL), (16615, 82, 'Ukraine', NULL), (20000, 76, 'Chile', NULL), (23000, 95, 'Fiji', NULL);
