-- Restaurants and those who cook there. Reserved words as names, years as text, a bridge with columns of its own.
CREATE TABLE restaurant (
  restaurant_id INTEGER PRIMARY KEY, name TEXT, district TEXT, cuisine TEXT, seats INTEGER, open_year TEXT,
  manager_name TEXT
);
CREATE TABLE chef (chef_id TEXT PRIMARY KEY, name TEXT, age INTEGER, nationality TEXT, "rank" TEXT);
CREATE TABLE employment (
  restaurant_id INTEGER, chef_id TEXT, start_from TEXT, is_full_time TEXT,
  PRIMARY KEY (restaurant_id, chef_id),
  FOREIGN KEY (restaurant_id) REFERENCES restaurant (restaurant_id),
  FOREIGN KEY (chef_id) REFERENCES chef (chef_id)
);
CREATE TABLE dish (
  dish_id INTEGER PRIMARY KEY, title TEXT, price REAL, calories INTEGER, course TEXT, restaurant_id INTEGER,
  FOREIGN KEY (restaurant_id) REFERENCES restaurant (restaurant_id)
);
CREATE TABLE "order" (
  order_id INTEGER PRIMARY KEY, dish_id INTEGER, year TEXT, "table" INTEGER, guests INTEGER,
  FOREIGN KEY (dish_id) REFERENCES dish (dish_id)
);
INSERT INTO restaurant VALUES
  (1, 'Blue Ladle', 'Oldtown', 'French', 40, '1998', 'Nora Sand'), (2, 'Pepper Tree', 'Harbour', 'Thai', 65, '2008', 'Milo Grant'),
  (3, 'Saffron', 'Oldtown', 'Persian', 28, '2014', 'Dara Amini'), (4, 'The Copper Pot', 'Westside', 'French', 90, '2003', 'Lou Weiss'),
  (5, 'Noodle Bar', 'Harbour', 'Thai', 22, '2016', 'Milo Grant'), (6, 'Rosemary', 'Northgate', 'Italian', 54, '2014', 'Pia Conti'),
  (7, 'Corner Grill', 'Westside', 'American', 120, '1991', 'Tom Hart');
INSERT INTO chef VALUES
  ('c01', 'Alain Roux', 52, 'France', 'head'), ('c02', 'Bao Linh', 31, 'Vietnam', 'sous'), ('c03', 'Carla Neri', 44, 'Italy', 'head'), ('c04', 'Dewi Putri', 27, 'Indonesia', 'line'),
  ('c05', 'Emil Roux', 24, 'France', 'line'), ('c06', 'Farid Amini', 39, 'Iran', 'head'), ('c07', 'Gus Hale', 58, 'USA', 'head'), ('c08', 'Hina Mori', 35, 'Japan', 'sous'),
  ('c09', 'Igor Petrov', 29, 'Russia', 'line'), ('c10', 'Juliette Faure', 41, 'France', 'sous');
INSERT INTO employment VALUES
  (1, 'c01', '1999', 'T'), (1, 'c05', '2019', 'F'), (1, 'c10', '2012', 'T'), (2, 'c02', '2015', 'T'), (2, 'c04', '2020', 'F'), (3, 'c06', '2014', 'T'), (4, 'c10', '2018', 'F'),
  (4, 'c01', '2010', 'F'), (5, 'c02', '2017', 'F'), (6, 'c03', '2014', 'T'), (4, 'c08', '2016', 'T'), (7, 'c07', '1991', 'T');
INSERT INTO dish VALUES
  (1, 'Onion Soup', 9.5, 320, 'starter', 1), (2, 'Duck Confit', 27.0, 840, 'main', 1), (3, 'Green Curry', 16.0, 610, 'main', 2), (4, 'Mango Rice', 8.0, 450, 'dessert', 2),
  (5, 'Saffron Lamb', 24.5, 780, 'main', 3), (6, 'Steak Frites', 29.0, 950, 'main', 4), (7, 'Creme Brulee', 8.5, 380, 'dessert', 4), (8, 'Pad Thai', 14.0, 690, 'main', 5),
  (9, 'Tiramisu', 8.0, 520, 'dessert', 6), (10, 'Bruschetta', 7.0, 210, 'starter', 6), (11, 'Gnocchi', 17.5, 720, 'main', 6), (12, 'Onion Rings', 6.5, 480, 'starter', 7), (13, 'Rib Platter', 31.0, 1350, 'main', 7);
INSERT INTO "order" VALUES
  (1, 2, '2021', 4, 2), (2, 2, '2022', 1, 2), (3, 3, '2021', 7, 4), (4, 8, '2022', 2, 1), (5, 13, '2021', 9, 6), (6, 6, '2022', 12, 3), (7, 3, '2022', 5, 2), (8, 9, '2021', 3, 2),
  (9, 11, '2022', 3, 5), (10, 3, '2023', 6, 3), (11, 13, '2023', 8, 4), (12, 7, '2022', 12, 3), (13, 1, '2021', 4, 2), (14, 5, '2022', 2, 2), (15, 10, '2022', 6, 2);
