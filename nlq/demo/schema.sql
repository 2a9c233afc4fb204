-- The demo application: the community site and the web shop of Larkspur, a maker of paper and print supplies.
-- One text for DuckDB and Postgres. Data runs up to and including 2026-06-30.

CREATE TYPE user_role AS ENUM ('reader', 'author', 'editor', 'sales', 'analyst', 'admin');
CREATE TYPE post_status AS ENUM ('draft', 'published', 'archived');
CREATE TYPE customer_segment AS ENUM ('consumer', 'small_business', 'enterprise');
CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'returned');
CREATE TYPE order_channel AS ENUM ('web', 'phone', 'partner');

CREATE TABLE teams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    city TEXT NOT NULL,
    founded_on DATE NOT NULL
);
COMMENT ON TABLE teams IS 'groups of authors, and departments of the company';
COMMENT ON COLUMN teams.id IS 'team number';
COMMENT ON COLUMN teams.name IS 'team name, such as Bookbinding or Sales North';
COMMENT ON COLUMN teams.city IS 'city where the team meets';
COMMENT ON COLUMN teams.founded_on IS 'day the team was founded';

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    team_id INTEGER REFERENCES teams (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    role user_role NOT NULL,
    country TEXT NOT NULL,
    invited_by INTEGER REFERENCES users (id),
    is_active BOOLEAN NOT NULL DEFAULT true,
    joined_at TIMESTAMP NOT NULL,
    last_login_at TIMESTAMP
);
COMMENT ON TABLE users IS 'people with an account on the community site, staff included';
COMMENT ON COLUMN users.id IS 'user number';
COMMENT ON COLUMN users.team_id IS 'the team of the user; null for most readers';
COMMENT ON COLUMN users.name IS 'full name';
COMMENT ON COLUMN users.email IS 'private e-mail address';
COMMENT ON COLUMN users.role IS 'reader: likes and comments; author: also writes posts; editor: leads a team; sales, analyst, admin: staff';
COMMENT ON COLUMN users.country IS 'country of residence, English name such as Germany';
COMMENT ON COLUMN users.invited_by IS 'the user who invited this one; null if nobody did';
COMMENT ON COLUMN users.is_active IS 'false once the account is closed';
COMMENT ON COLUMN users.joined_at IS 'when the account was opened (UTC)';
COMMENT ON COLUMN users.last_login_at IS 'last time logged in (UTC); null if never';

CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL REFERENCES users (id),
    title TEXT NOT NULL,
    topic TEXT NOT NULL,
    status post_status NOT NULL DEFAULT 'draft',
    word_count INTEGER NOT NULL CHECK (word_count > 0),
    views INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    published_at TIMESTAMP
);
COMMENT ON TABLE posts IS 'articles that users wrote';
COMMENT ON COLUMN posts.id IS 'post number';
COMMENT ON COLUMN posts.author_id IS 'the user who wrote it';
COMMENT ON COLUMN posts.title IS 'headline';
COMMENT ON COLUMN posts.topic IS 'craft the post is about, such as bookbinding';
COMMENT ON COLUMN posts.status IS 'draft: not public yet; published: public; archived: was public, now withdrawn';
COMMENT ON COLUMN posts.word_count IS 'length in words';
COMMENT ON COLUMN posts.views IS 'times the page was opened';
COMMENT ON COLUMN posts.created_at IS 'when writing began (UTC)';
COMMENT ON COLUMN posts.published_at IS 'when it became public (UTC); null for drafts';

CREATE TABLE comments (
    id INTEGER PRIMARY KEY,
    post_id INTEGER NOT NULL REFERENCES posts (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    reply_to INTEGER REFERENCES comments (id),
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE comments IS 'what users wrote below posts';
COMMENT ON COLUMN comments.id IS 'comment number';
COMMENT ON COLUMN comments.post_id IS 'the post commented on';
COMMENT ON COLUMN comments.user_id IS 'the user who wrote the comment';
COMMENT ON COLUMN comments.reply_to IS 'the comment that this one answers; null if it answers the post';
COMMENT ON COLUMN comments.body IS 'text of the comment';
COMMENT ON COLUMN comments.created_at IS 'when it was written (UTC)';

CREATE TABLE likes (
    user_id INTEGER NOT NULL REFERENCES users (id),
    post_id INTEGER NOT NULL REFERENCES posts (id),
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, post_id)
);
COMMENT ON TABLE likes IS 'one row for each post that a user likes';
COMMENT ON COLUMN likes.user_id IS 'the user who likes';
COMMENT ON COLUMN likes.post_id IS 'the post that is liked';
COMMENT ON COLUMN likes.created_at IS 'when the user liked it (UTC)';

CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    segment customer_segment NOT NULL,
    city TEXT NOT NULL,
    country TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    phone TEXT,
    account_manager_id INTEGER REFERENCES users (id),
    created_on DATE NOT NULL
);
COMMENT ON TABLE customers IS 'companies and people who buy in the shop';
COMMENT ON COLUMN customers.id IS 'customer number';
COMMENT ON COLUMN customers.name IS 'name of the company or person';
COMMENT ON COLUMN customers.segment IS 'kind of customer: consumer, small_business or enterprise';
COMMENT ON COLUMN customers.city IS 'city of delivery';
COMMENT ON COLUMN customers.country IS 'country of delivery, English name such as Germany';
COMMENT ON COLUMN customers.email IS 'private e-mail address';
COMMENT ON COLUMN customers.phone IS 'private telephone number; null if not given';
COMMENT ON COLUMN customers.account_manager_id IS 'the sales user who looks after the customer; null if nobody does';
COMMENT ON COLUMN customers.created_on IS 'day the customer signed up';

CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL,
    price DECIMAL(12, 2) NOT NULL CHECK (price > 0),
    unit_cost DECIMAL(12, 2) NOT NULL,
    stock INTEGER NOT NULL DEFAULT 0,
    discontinued_on DATE
);
COMMENT ON TABLE products IS 'what the shop sells';
COMMENT ON COLUMN products.id IS 'product number';
COMMENT ON COLUMN products.sku IS 'code on the label, such as PAP-007';
COMMENT ON COLUMN products.name IS 'product name';
COMMENT ON COLUMN products.category IS 'Paper, Ink, Pens, Tools, Books or Kits';
COMMENT ON COLUMN products.price IS 'list price of one piece today, in euros';
COMMENT ON COLUMN products.unit_cost IS 'what one piece costs us, in euros; confidential';
COMMENT ON COLUMN products.stock IS 'pieces in the warehouse';
COMMENT ON COLUMN products.discontinued_on IS 'day it was taken off the shop; null while it is sold';

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    status order_status NOT NULL DEFAULT 'pending',
    channel order_channel NOT NULL,
    ordered_at TIMESTAMP NOT NULL,
    shipped_at TIMESTAMP,
    total DECIMAL(12, 2) NOT NULL
);
COMMENT ON TABLE orders IS 'orders of customers, from 2024-01-01 to 2026-06-30';
COMMENT ON COLUMN orders.id IS 'order number';
COMMENT ON COLUMN orders.customer_id IS 'the customer who ordered';
COMMENT ON COLUMN orders.status IS 'pending: not paid yet; paid: waiting to be sent; shipped: on its way; delivered: arrived; cancelled: called off before it was sent; returned: sent back';
COMMENT ON COLUMN orders.channel IS 'how the order came in: web, phone or partner';
COMMENT ON COLUMN orders.ordered_at IS 'when it was placed (UTC)';
COMMENT ON COLUMN orders.shipped_at IS 'when it left the warehouse (UTC); null if it has not';
COMMENT ON COLUMN orders.total IS 'sum of the amounts of its lines, in euros';

CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price DECIMAL(12, 2) NOT NULL,
    discount_percent INTEGER NOT NULL DEFAULT 0,
    amount DECIMAL(12, 2) NOT NULL
);
COMMENT ON TABLE order_lines IS 'products of an order, one row for each product';
COMMENT ON COLUMN order_lines.id IS 'line number, counted over all orders';
COMMENT ON COLUMN order_lines.order_id IS 'the order it belongs to';
COMMENT ON COLUMN order_lines.product_id IS 'the product ordered';
COMMENT ON COLUMN order_lines.quantity IS 'pieces ordered';
COMMENT ON COLUMN order_lines.unit_price IS 'price of one piece on the day of the order, in euros, before discount';
COMMENT ON COLUMN order_lines.discount_percent IS 'discount in percent, 0 to 20';
COMMENT ON COLUMN order_lines.amount IS 'what the line costs in euros: quantity times unit_price less the discount';

CREATE TABLE invoices (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    order_id INTEGER NOT NULL UNIQUE REFERENCES orders (id),
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    paid_on DATE,
    amount DECIMAL(12, 2) NOT NULL
);
COMMENT ON TABLE invoices IS 'bills for orders, at most one for each';
COMMENT ON COLUMN invoices.id IS 'row number';
COMMENT ON COLUMN invoices.number IS 'number printed on the invoice, such as 2026-00042';
COMMENT ON COLUMN invoices.order_id IS 'the order that is billed';
COMMENT ON COLUMN invoices.issued_on IS 'day it was sent';
COMMENT ON COLUMN invoices.due_on IS 'last day to pay in time';
COMMENT ON COLUMN invoices.paid_on IS 'day it was paid; null while it is unpaid';
COMMENT ON COLUMN invoices.amount IS 'amount to pay in euros';
