-- Policies, what was claimed and what was paid: codes with lists, days as text, amounts that are not known yet.
CREATE TABLE Customers (customer_id INTEGER PRIMARY KEY, customer_name VARCHAR(60) NOT NULL, gender_code CHAR(1), town VARCHAR(40), email_address VARCHAR(60));
CREATE TABLE Ref_Policy_Types (policy_type_code CHAR(3) PRIMARY KEY, policy_type_description VARCHAR(40));
CREATE TABLE Policies (
  policy_number VARCHAR(10) PRIMARY KEY, customer_id INTEGER NOT NULL, policy_type_code CHAR(3) NOT NULL, start_date TEXT, end_date TEXT, yearly_premium INTEGER,
  FOREIGN KEY (customer_id) REFERENCES Customers (customer_id), FOREIGN KEY (policy_type_code) REFERENCES Ref_Policy_Types (policy_type_code)
);
CREATE TABLE Adjusters (adjuster_id INTEGER PRIMARY KEY, adjuster_name VARCHAR(60), years_of_service INTEGER);
CREATE TABLE Ref_Claim_Status (claim_status_code CHAR(2) PRIMARY KEY, claim_status_description VARCHAR(20));
CREATE TABLE Claims (
  claim_id INTEGER PRIMARY KEY, policy_number VARCHAR(10) NOT NULL, adjuster_id INTEGER, claim_status_code CHAR(2), date_of_claim TEXT, amount_claimed INTEGER, amount_settled INTEGER,
  FOREIGN KEY (policy_number) REFERENCES Policies (policy_number), FOREIGN KEY (adjuster_id) REFERENCES Adjusters (adjuster_id), FOREIGN KEY (claim_status_code) REFERENCES Ref_Claim_Status (claim_status_code)
);
CREATE TABLE Payments (payment_id INTEGER PRIMARY KEY, claim_id INTEGER NOT NULL, payment_method VARCHAR(20), payment_date TEXT, payment_amount INTEGER, FOREIGN KEY (claim_id) REFERENCES Claims (claim_id));
INSERT INTO Customers VALUES
  (100, 'Adele Fitch', 'M', 'Ashmere', 'adele0@post.example'), (101, 'Boyd Garner', 'M', 'Dunmore', 'boyd1@mail.example'), (102, 'Celia Hurst', 'M', 'Brill', 'celia2@post.example'), (103, 'Derek Impey', 'M', 'Brill', NULL),
  (104, 'Ellen Joyce', 'F', 'Dunmore', 'ellen4@mail.example'), (105, 'Frank Kemp', 'F', 'Ashmere', 'frank5@post.example'), (106, 'Gwen Lamb', 'M', 'Dunmore', 'gwen6@post.example'),
  (107, 'Harold Moss', 'M', 'ashmere', 'harold7@post.example'), (108, 'Ida North', 'F', 'Brill', NULL), (109, 'Jack Owen', 'M', 'Brill', 'jack9@post.example'), (110, 'Kitty Page', 'M', 'ashmere', 'kitty10@mail.example'),
  (111, 'Lloyd Quill', 'M', 'Ashmere', 'lloyd11@mail.example'), (112, 'Mabel Rowe', 'F', 'Brill', 'mabel12@mail.example'), (113, 'Ned Sharp', 'F', 'Brill', NULL), (114, 'Olive Tate', 'F', 'Eddon', 'olive14@mail.example'),
  (115, 'Percy Upton', 'F', 'Ashmere', 'percy15@post.example'), (116, 'Queenie Vane', 'F', 'Dunmore', 'queenie16@post.example'), (117, 'Roy Wells', 'M', 'Corvin', 'roy17@mail.example'), (118, 'Sadie Young', 'F', 'ashmere', NULL),
  (119, 'Ted Abbott', 'M', 'Eddon', 'ted19@mail.example'), (120, 'Una Birch', 'M', 'Eddon', 'una20@post.example'), (121, 'Frank Kemp', 'M', 'Brill', 'frank21@post.example');
INSERT INTO Ref_Policy_Types VALUES
  ('CAR', 'Motor vehicle'), ('HOM', 'House and home'), ('LIF', 'Life'), ('TRV', 'Travel'), ('PET', 'Pets');
INSERT INTO Policies VALUES
  ('P1007', 103, 'LIF', '2021-08-01', '2022-06-28', 980), ('P1014', 103, 'HOM', '2014-03-01', '2016-01-28', 120), ('P1021', 112, 'CAR', '2018-03-01', '2019-11-28', 120), ('P1028', 101, 'HOM', '2015-08-01', '2020-02-28', 450),
  ('P1035', 112, 'HOM', '2012-04-01', '2013-02-28', 310), ('P1042', 117, 'CAR', '2019-08-01', '2021-04-28', 180), ('P1049', 117, 'HOM', '2013-11-01', '2014-12-28', 980), ('P1056', 107, 'CAR', '2020-02-01', '2022-03-28', 120),
  ('P1063', 110, 'LIF', '2019-07-01', '2020-10-28', 520), ('P1070', 107, 'HOM', '2013-05-01', '2015-07-28', 310), ('P1077', 117, 'CAR', '2020-05-01', '2021-01-28', 240), ('P1084', 117, 'LIF', '2017-07-01', '2018-03-28', 180),
  ('P1091', 117, 'LIF', '2017-09-01', '2018-04-28', 980), ('P1098', 114, 'LIF', '2019-05-01', '2020-06-28', 520), ('P1105', 104, 'LIF', '2012-07-01', '2013-11-28', 120), ('P1112', 114, 'LIF', '2014-07-01', '2015-07-28', 310),
  ('P1119', 117, 'LIF', '2019-09-01', '2020-09-28', 980), ('P1126', 108, 'CAR', '2016-04-01', '2017-08-28', 520), ('P1133', 114, 'HOM', '2012-07-01', '2014-11-28', 450), ('P1140', 111, 'TRV', '2018-05-01', '2020-06-28', 240),
  ('P1147', 101, 'HOM', '2018-11-01', '2020-09-28', 310), ('P1154', 108, 'LIF', '2020-02-01', '2022-04-28', 310), ('P1161', 116, 'CAR', '2014-02-01', '2019-08-28', 180), ('P1168', 114, 'CAR', '2016-01-01', '2018-02-28', 310),
  ('P1175', 115, 'CAR', '2021-07-01', '2022-05-28', 310), ('P1182', 104, 'HOM', '2017-02-01', '2018-12-28', 980), ('P1189', 111, 'CAR', '2018-02-01', '2023-12-28', 240), ('P1196', 103, 'LIF', '2012-03-01', '2013-03-28', 240),
  ('P1203', 115, 'LIF', '2016-05-01', '2021-01-28', 120), ('P1210', 103, 'CAR', '2021-01-01', '2022-06-28', 180), ('P1217', 106, 'CAR', '2014-07-01', '2016-10-28', 310), ('P1224', 113, 'LIF', '2020-06-01', '2025-11-28', 310),
  ('P1231', 109, 'HOM', '2020-11-01', '2025-03-28', 450), ('P1238', 109, 'TRV', '2018-01-01', '2020-07-28', 450), ('P1245', 117, 'CAR', '2015-04-01', '2017-07-28', 520), ('P1252', 101, 'CAR', '2012-12-01', '2014-08-28', 240);
INSERT INTO Adjusters VALUES
  (1, 'Norma Pike', 12), (2, 'Oscar Reed', 3), (3, 'Paula Swan', 21), (4, 'Quentin Teal', 7), (5, 'Ruth Wren', 7), (6, 'Saul Finch', 1);
INSERT INTO Ref_Claim_Status VALUES
  ('OP', 'Open'), ('SE', 'Settled'), ('RE', 'Rejected'), ('WD', 'Withdrawn');
INSERT INTO Claims VALUES
  (1, 'P1084', 3, 'RE', '2021-01-22', 4320, NULL), (2, 'P1042', 4, 'SE', '2021-10-16', 4640, 4640), (3, 'P1147', 4, 'RE', '2018-08-07', 6460, NULL), (4, 'P1105', 1, 'OP', '2022-11-13', 720, NULL),
  (5, 'P1168', 1, 'SE', '2022-07-12', 660, 330), (6, 'P1140', 1, 'SE', '2023-09-25', 1550, 1550), (7, 'P1112', 2, 'SE', '2020-02-20', 4410, 4410), (8, 'P1049', 3, 'RE', '2021-05-09', 6280, NULL),
  (9, 'P1112', 3, 'SE', '2021-12-01', 4480, 3584), (10, 'P1126', 2, 'RE', '2017-12-25', 8140, NULL), (11, 'P1028', 3, 'SE', '2020-02-27', 6910, 6910), (12, 'P1014', NULL, 'SE', '2016-09-09', 8220, 4110),
  (13, 'P1098', 1, 'RE', '2019-12-22', 5940, NULL), (14, 'P1035', 2, 'SE', '2019-08-02', 6800, 5440), (15, 'P1140', 4, 'SE', '2016-10-25', 80, 52), (16, 'P1007', 2, 'SE', '2018-01-12', 6590, 4284),
  (17, 'P1112', 1, 'SE', '2023-06-10', 8810, 8810), (18, 'P1070', 1, 'SE', '2018-03-05', 2200, 2200), (19, 'P1098', 3, 'RE', '2018-09-22', 8660, NULL), (20, 'P1133', 3, 'RE', '2017-05-22', 6700, NULL),
  (21, 'P1133', 2, 'RE', '2017-09-14', 1090, NULL), (22, 'P1049', 4, 'SE', '2021-02-23', 730, 584), (23, 'P1147', 4, 'SE', '2023-04-06', 3860, 3088), (24, 'P1133', 1, 'SE', '2018-12-28', 470, 376),
  (25, 'P1084', 1, 'SE', '2016-08-27', 5830, 5830), (26, 'P1084', 3, 'SE', '2023-12-25', 2790, 1395), (27, 'P1098', NULL, 'SE', '2017-07-18', 1020, 663), (28, 'P1168', 1, 'OP', '2018-10-21', 6640, NULL),
  (29, 'P1014', 3, 'SE', '2018-02-28', 320, 160), (30, 'P1161', 2, 'OP', '2022-05-05', 6560, NULL), (31, 'P1119', 4, 'RE', '2018-10-09', 2890, NULL), (32, 'P1077', 2, 'OP', '2016-06-26', 7500, NULL),
  (33, 'P1021', NULL, 'SE', '2023-06-23', 5690, 5690), (34, 'P1175', 1, 'OP', '2020-03-04', 6890, NULL), (35, 'P1140', 3, 'SE', '2021-07-27', 6320, 5056), (36, 'P1147', 3, 'RE', '2020-04-07', 1030, NULL),
  (37, 'P1035', NULL, 'SE', '2021-12-25', 5580, 3627), (38, 'P1126', 3, 'SE', '2022-12-02', 3870, 2516), (39, 'P1168', 1, 'SE', '2017-01-05', 6130, 6130), (40, 'P1098', 3, 'SE', '2018-06-06', 1260, 1260),
  (41, 'P1070', NULL, 'SE', '2019-10-25', 3480, 2262), (42, 'P1140', 3, 'RE', '2016-11-26', 7720, NULL);
INSERT INTO Payments VALUES
  (1, 2, 'Bank transfer', '2020-08-18', 4640), (2, 5, 'Bank transfer', '2020-03-16', 330), (3, 6, 'Bank transfer', '2022-11-15', 1550), (4, 7, 'Cheque', '2021-11-23', 4410), (5, 9, 'Bank transfer', '2020-05-26', 3584),
  (6, 11, 'Cheque', '2020-05-16', 3455), (7, 11, 'Cheque', '2020-05-09', 3455), (8, 12, 'Cheque', '2023-03-28', 4110), (9, 14, 'Cash', '2023-04-04', 2720), (10, 14, 'Bank transfer', '2021-07-01', 2720),
  (11, 15, 'Bank transfer', '2022-03-09', 52), (12, 16, 'Cheque', '2021-01-21', 4284), (13, 17, 'bank transfer', '2024-04-14', 4405), (14, 17, 'Bank transfer', '2021-07-07', 4405), (15, 18, 'Bank transfer', '2024-04-03', 2200),
  (16, 22, 'Bank transfer', '2020-03-12', 292), (17, 22, 'Bank transfer', '2024-01-17', 292), (18, 23, 'Bank transfer', '2022-10-16', 3088), (19, 24, 'Bank transfer', '2021-05-02', 188), (20, 24, 'Cheque', '2020-02-02', 188),
  (21, 25, 'Bank transfer', '2020-04-05', 5830), (22, 26, 'Bank transfer', '2023-09-09', 1395), (23, 27, 'Cash', '2024-12-26', 663), (24, 29, 'Bank transfer', '2024-11-06', 160), (25, 33, 'bank transfer', '2024-10-16', 5690),
  (26, 35, 'Cheque', '2023-04-11', 5056), (27, 37, 'Cheque', '2020-06-25', 1813), (28, 37, 'Cheque', '2024-11-27', 1813), (29, 38, 'Cheque', '2023-06-03', 1258), (30, 38, 'Cheque', '2022-12-27', 1258),
  (31, 39, 'Bank transfer', '2024-12-10', 6130), (32, 40, 'Cheque', '2023-04-21', 1260), (33, 41, 'Bank transfer', '2020-06-13', 2262);
