-- What runs on which channel: a column named after the relation it refers to, ratings as text, names that begin with numbers.
CREATE TABLE Broadcast_Channel (
  id TEXT PRIMARY KEY, station_name TEXT, Country TEXT, Language TEXT, Content TEXT, Pixel_ratio TEXT, Hi_def TEXT, Pay_per_view TEXT, Package TEXT
);
CREATE TABLE Serial (
  id INTEGER PRIMARY KEY, Episode TEXT, Air_Date TEXT, Rating TEXT, Share INTEGER, "18_49_Share" TEXT, Viewers_m TEXT, Weekly_Rank INTEGER, Channel TEXT,
  FOREIGN KEY (Channel) REFERENCES Broadcast_Channel (id)
);
CREATE TABLE Animation (
  id INTEGER PRIMARY KEY, Title TEXT, Directed_by TEXT, Written_by TEXT, First_aired TEXT, Production_code INTEGER, Channel TEXT,
  FOREIGN KEY (Channel) REFERENCES Broadcast_Channel (id)
);
INSERT INTO Broadcast_Channel VALUES
  ('ch01', 'Sky Nova', 'Italy', 'Italian', 'General', '4:3', 'no', 'no', 'None'), ('ch02', 'Nova Kids', 'Italy', 'Italian', 'Children', '16:9', 'yes', 'no', 'Family Pack'),
  ('ch03', 'Alpine One', 'Austria', 'German', 'General', '16:9', 'yes', 'no', 'None'), ('ch04', 'Cinema Due', 'Italy', 'Italian', 'Films', '16:9', 'yes', 'yes', 'Film Pack'),
  ('ch05', 'Globe English', 'Malta', 'Italian', 'News', '4:3', 'no', 'no', 'World Pack'), ('ch06', 'Toon Isle', 'Malta', 'English', 'Children', '16:9', 'yes', 'no', 'Family Pack'), ('ch07', 'Berg TV', 'Austria', 'German', 'Nature', '4:3', 'no', 'yes', 'None');
INSERT INTO Serial VALUES
  (1, 'A Cold Start', 'September 24, 2012', '5.8', 9, '3.5/9', '9.2', 12, 'ch01'), (2, 'The Bridge', 'October 1, 2012', '5.3', 9, '3.2/9', '8.2', 23, 'ch01'), (3, 'Double Bluff', 'October 8, 2012', '4.1', 7, '2.7/7', '6.4', 40, 'ch03'),
  (4, 'Snow Line', 'October 15, 2012', '4.6', 8, '2.9/8', '7.0', 31, 'ch03'), (5, 'Keepsake', 'November 5, 2012', '6.2', 10, '3.9/10', '9.9', 8, 'ch04'), (6, 'One of Us', 'November 12, 2012', '3.4', 5, '1.8/5', '5.1', 58, 'ch05');
INSERT INTO Animation VALUES
  (1, 'The Paper Fox!', 'Ben Janes', 'Mara Velt', 'November 14, 2008', 101, 'ch02'), (2, 'Moss and Thorn', 'Ben Janes', 'Todd Kasey', 'November 21, 2008', 102, 'ch02'), (3, 'Night Bakers', 'Brandon Vitt', 'Todd Kasey', 'January 9, 2009', 110, 'ch06'),
  (4, 'The Tin Parade', 'Ben Janes', 'Mara Velt', 'January 16, 2009', 105, 'ch06'), (5, 'Deep Six!', 'Mike Gould', 'Todd Kasey', 'January 23, 2009', 107, 'ch06'), (6, 'Hollow Moon', 'Ben Janes', 'Mara Velt', 'February 6, 2009', 113, 'ch03');
