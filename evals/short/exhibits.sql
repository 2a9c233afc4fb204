-- Museums, what hangs there and who came: a bridge of two columns, prices not known, materials that differ in case, a number of tickets.
CREATE TABLE museum (Museum_ID INTEGER PRIMARY KEY, Name TEXT, City TEXT, Opening_Year INTEGER, Num_of_Staff INTEGER);
CREATE TABLE artist (Artist_ID INTEGER PRIMARY KEY, Name TEXT, Nationality TEXT, Birth_Year INTEGER, Death_Year INTEGER);
CREATE TABLE artwork (Artwork_ID INTEGER PRIMARY KEY, Title TEXT, Artist_ID INTEGER REFERENCES artist (Artist_ID), Year_Made INTEGER, Material TEXT, Museum_ID INTEGER REFERENCES museum (Museum_ID), Estimated_Value INTEGER);
CREATE TABLE exhibition (Exhibition_ID INTEGER PRIMARY KEY, Theme TEXT, Museum_ID INTEGER REFERENCES museum (Museum_ID), Date_From TEXT, Date_To TEXT, Ticket_Price INTEGER);
CREATE TABLE shown_in (Exhibition_ID INTEGER REFERENCES exhibition (Exhibition_ID), Artwork_ID INTEGER REFERENCES artwork (Artwork_ID), PRIMARY KEY (Exhibition_ID, Artwork_ID));
CREATE TABLE visitor (Visitor_ID INTEGER PRIMARY KEY, Name TEXT, Age INTEGER, Category TEXT);
CREATE TABLE visit (Visit_ID INTEGER PRIMARY KEY, Visitor_ID INTEGER REFERENCES visitor (Visitor_ID), Museum_ID INTEGER REFERENCES museum (Museum_ID), Visit_Date TEXT, Total_Spent INTEGER, Num_of_Tickets INTEGER);
INSERT INTO museum VALUES
  (1, 'Halden Museum', 'Halden', 1874, 42), (2, 'House of Glass', 'Vik', 1996, 11), (3, 'Museum of Modern Form', 'Halden', 1961, 67), (4, 'Seafarers Hall', 'Brevik', 1932, 19), (5, 'Tapestry Rooms', 'Moss', 1932, 8),
  (6, 'Old Mint', 'Vik', 2012, NULL);
INSERT INTO artist VALUES
  (1, 'Agnes Brandt', 'norwegian', 1933, NULL), (2, 'Bo Lund', 'Dutch', 1911, 1956), (3, 'Carmen Vidal', 'Dutch', 1879, 1931), (4, 'Dora Maas', 'norwegian', 1971, NULL), (5, 'Egon Falk', 'Dutch', 1887, 1971),
  (6, 'Fatima Said', 'Norwegian', 1921, 1996), (7, 'Georg Brandt', 'Norwegian', 1977, NULL), (8, 'Hilde Roos', 'Spanish', 1898, 1966), (9, 'Iker Soto', 'Danish', 1896, 1974), (10, 'Joan Pell', 'Italian', 1932, NULL),
  (11, 'Kirsten Aas', 'Danish', 1872, 1957), (12, 'Luca Neri', 'norwegian', 1970, NULL), (13, 'Mina Holt', 'Dutch', 1907, 1981), (14, 'Nadia Kern', 'Dutch', 1868, 1912);
INSERT INTO artwork VALUES
  (1, 'Quiet Choir', 8, 1939, 'marble', 1, 99000), (2, 'Silver Garden', 12, 2022, 'oil', 3, 457000), (3, 'Hollow Garden', 3, 1932, 'oil', 3, 771000), (4, 'Hollow Choir', 2, 1967, 'bronze', 3, 757000),
  (5, 'Lost Harbour', 1, 1956, 'bronze', 5, 42000), (6, 'Second Table', 1, 1969, 'glass', 4, 706000), (7, 'Blue Storm', 10, 1958, 'oil', 3, NULL), (8, 'Blue Harbour', 9, 1946, 'oil', 1, NULL),
  (9, 'Winter Garden', 7, 2022, 'oil', 3, NULL), (10, 'Broken Choir', 3, 1912, 'marble', 1, 167000), (11, 'Broken Harbour', 1, 1967, 'Oil', 4, 790000), (12, 'Lost Storm', 6, 1958, 'glass', 1, 484000),
  (13, 'Lost Bridge', 6, 1958, 'watercolour', 3, 896000), (14, 'Quiet Harbour', 1, 1962, 'oil', 1, NULL), (15, 'Quiet Table', 1, 1959, 'Oil', 3, 292000), (16, 'Silver Table', 2, 1958, 'marble', 3, NULL),
  (17, 'Hollow Horse', 3, 1911, 'marble', 3, 379000), (18, 'Hollow Table', 10, 1968, 'bronze', 4, 865000), (19, 'Golden Garden', 3, 1905, 'oil', 1, 370000), (20, 'Blue Choir', 12, 2022, 'glass', 4, 621000),
  (21, 'Quiet Mirror', 3, 1909, 'Oil', 3, 63000), (22, 'Quiet Bridge', 1, 1976, 'bronze', 5, 637000), (23, 'Silver Mirror', 5, 1932, 'marble', 4, NULL), (24, 'Lost Mirror', 1, 1993, 'marble', 3, 839000),
  (25, 'Golden Mirror', 6, 1946, 'oil', 1, 565000), (26, 'Lost Garden', 1, 1983, 'oil', 4, 583000), (27, 'Second Horse', 5, 1921, 'oil', 3, 593000), (28, 'Lost Choir', 4, 1997, 'oil', 4, 673000),
  (29, 'Golden Horse', 3, 1926, 'oil', 4, 514000), (30, 'Winter Bridge', 3, 1913, 'oil', 3, 688000), (31, 'Golden Storm', 3, 1918, 'bronze', 2, NULL), (32, 'Golden Bridge', 1, 1953, 'watercolour', 4, 431000),
  (33, 'Silver Horse', 5, 1938, 'bronze', 1, 397000), (34, 'Golden Harbour', 7, 2016, 'watercolour', 3, 525000), (35, 'Blue Garden', 4, 2012, 'watercolour', 5, 274000), (36, 'Quiet Horse', 3, 1908, 'oil', 3, 717000),
  (37, 'Silver Bridge', 3, 1921, 'oil', 5, 264000), (38, 'Broken Horse', 4, 1992, 'bronze', 4, 105000), (39, 'Winter Harbour', 12, 2020, 'oil', 4, NULL), (40, 'Blue Horse', 5, 1936, 'watercolour', 3, NULL);
INSERT INTO exhibition VALUES
  (1, 'Light and Water', 3, '2019-03-01', '2019-06-30', 12), (2, 'Small Bronzes', 1, '2019-09-15', '2020-01-15', 10), (3, 'Women of the North', 3, '2020-05-01', '2020-10-31', 15),
  (4, 'Glass Now', 2, '2021-02-01', '2021-04-30', 8), (5, 'Ships and Storms', 4, '2021-06-01', '2021-09-30', 9), (6, 'Masters Revisited', 3, '2022-01-10', '2022-07-10', 18),
  (7, 'First Sketches', 1, '2022-03-01', '2022-05-31', 10), (8, 'Looms', 5, '2023-01-01', '2023-03-31', 6);
INSERT INTO shown_in VALUES
  (1, 2), (1, 3), (1, 11), (1, 22), (1, 24), (1, 35), (2, 8), (2, 12), (2, 26), (2, 36), (3, 2), (3, 3), (3, 18), (3, 20), (3, 28), (3, 32), (3, 33), (5, 16), (5, 17), (5, 20), (5, 21), (5, 29), (5, 31), (5, 34), (6, 6), (6, 7),
  (6, 13), (6, 15), (6, 16), (6, 17), (6, 27), (6, 29), (6, 30), (6, 32), (7, 2), (7, 11), (7, 30);
INSERT INTO visitor VALUES
  (1, 'Arne Bakke', 20, 'student'), (2, 'Britt Dahl', 63, 'adult'), (3, 'Cato Eng', 39, 'adult'), (4, 'Dina Foss', 36, 'member'), (5, 'Even Gran', 50, 'senior'), (6, 'Frida Hauge', 30, 'senior'), (7, 'Geir Iversen', 48, 'adult'),
  (8, 'Hanna Juul', 36, 'senior'), (9, 'Ivar Krog', 50, 'adult'), (10, 'Julie Lie', 44, 'adult'), (11, 'Kai Moen', 48, 'senior'), (12, 'Lise Nes', 38, 'adult'), (13, 'Mads Opdal', 77, 'student'), (14, 'Nora Palm', 20, 'adult');
INSERT INTO visit VALUES
  (1, 1, 1, '2019-07-25', 100, 2), (2, 1, 1, '2020-09-28', 80, 3), (3, 1, 3, '2019-02-03', 120, 1), (4, 1, 3, '2019-05-27', 100, 1), (5, 1, 3, '2020-07-14', 180, 4), (6, 1, 3, '2021-10-05', 100, 2),
  (7, 1, 3, '2022-01-14', 120, 1), (8, 1, 4, '2021-07-25', 80, 3), (9, 1, 4, '2021-10-24', 80, 3), (10, 1, 5, '2019-04-10', 120, 3), (11, 2, 3, '2020-12-15', 80, 1), (12, 3, 1, '2019-01-18', 180, 4),
  (13, 3, 1, '2021-12-21', 120, 1), (14, 3, 1, '2022-07-07', 180, 4), (15, 3, 3, '2019-04-21', 120, 3), (16, 3, 3, '2021-11-10', 80, 1), (17, 3, 4, '2020-08-26', 120, 4), (18, 3, 4, '2022-02-05', 180, 1),
  (19, 3, 4, '2022-04-18', 80, 3), (20, 3, 5, '2022-03-04', NULL, 1), (21, 4, 3, '2021-12-13', 120, 1), (22, 5, 3, '2021-12-22', 150, 2), (23, 6, 4, '2020-02-18', 80, 1), (24, 7, 2, '2022-07-13', 120, 1),
  (25, 8, 1, '2020-05-14', 150, 1), (26, 8, 3, '2019-04-07', 180, 4), (27, 8, 3, '2020-03-10', 180, 3), (28, 8, 3, '2021-10-25', 180, 3), (29, 8, 4, '2020-10-08', 120, 3), (30, 8, 5, '2019-02-17', 120, 1),
  (31, 8, 5, '2020-07-17', NULL, 4), (32, 8, 5, '2021-10-17', 100, 1), (33, 8, 5, '2022-07-07', 120, 2), (34, 9, 3, '2021-04-11', NULL, 1), (35, 9, 4, '2022-11-13', NULL, 4), (36, 9, 5, '2019-07-22', 180, 1),
  (37, 9, 5, '2021-07-10', 120, 1), (38, 9, 5, '2022-05-08', 100, 2), (39, 10, 1, '2022-08-14', NULL, 3), (40, 10, 3, '2019-04-13', NULL, 4), (41, 10, 3, '2021-02-01', 120, 1), (42, 11, 1, '2022-09-16', 80, 1),
  (43, 11, 3, '2019-06-10', NULL, 3), (44, 11, 4, '2019-12-19', 100, 4);
