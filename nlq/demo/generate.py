"""The demo's rows: the same on every machine and every day. Pure; `load.py` writes them to a database.

Nothing here reads the clock: the data ends on `TODAY`, and a question about "last month" that is asked
in another month finds no rows. The alternative, dates that move with the calendar, would make every
count in a document or a test wrong by the next morning.

INVARIANT: of `random.Random` only `random()` and seeding by text are used, and floats are only
multiplied, subtracted and compared: those are the parts that Python and IEEE 754 promise to keep.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from random import Random
from typing import NamedTuple, TypeVar

from nlq.demo import words

TODAY = date(2026, 6, 30)
"""The last day of the data."""

_SEED = "larkspur"
_USERS, _POSTS, _COMMENTS, _LIKES = 2_000, 6_000, 24_000, 120_000
_CUSTOMERS, _ORDERS = 1_500, 18_000
_END = datetime(2026, 7, 1)
_FIRST_MEMBER, _FIRST_CUSTOMER, _FIRST_ORDER = (
    datetime(2022, 1, 1),
    datetime(2023, 6, 1),
    datetime(2024, 1, 1),
)

_FIRST_USERS: tuple[tuple[str, str, str], ...] = (
    ("Alice Moreau", "analyst", "Analytics"),
    ("Sam Okafor", "sales", "Sales North"),
    ("Erin Byrne", "editor", "Bookbinding"),
    ("Ada Lindqvist", "admin", "Editorial"),
    ("Piotr Nowak", "admin", "Support"),
    ("Greta Hoffmann", "sales", "Sales North"),
    ("Henrik Olsen", "sales", "Sales North"),
    ("Ingrid Meyer", "sales", "Sales North"),
    ("Julien Petit", "sales", "Sales South"),
    ("Beatriz Costa", "sales", "Sales South"),
    ("Pablo Ramos", "sales", "Sales South"),
    ("Stella Ricci", "sales", "Sales South"),
    ("Wanda Wójcik", "sales", "Sales South"),
    ("Ned Taylor", "analyst", "Analytics"),
    ("Ruth MacLeod", "editor", "Letterpress"),
    ("Kenji Sato", "editor", "Calligraphy"),
    ("Livia Marino", "editor", "Paper Making"),
    ("Tim Zimmermann", "editor", "Screen Printing"),
    ("Orla Murphy", "editor", "Watercolour"),
    ("Beat Keller", "editor", "Fountain Pens"),
    ("Casey Smith", "editor", "Zines"),
    ("Radka Novák", "editor", "Typography"),
    ("Chloé Ivanova", "reader", ""),
)
"""Name, role and team of users 1, 2, 3, …; `policy.toml` speaks of the first four and the last."""

_T = TypeVar("_T")


class Team(NamedTuple):
    """A row of `teams`."""

    id: int
    name: str
    city: str
    founded_on: date


class User(NamedTuple):
    """A row of `users`."""

    id: int
    team_id: int | None
    name: str
    email: str
    role: str
    country: str
    invited_by: int | None
    is_active: bool
    joined_at: datetime
    last_login_at: datetime | None


class Post(NamedTuple):
    """A row of `posts`."""

    id: int
    author_id: int
    title: str
    topic: str
    status: str
    word_count: int
    views: int
    created_at: datetime
    published_at: datetime | None


class Comment(NamedTuple):
    """A row of `comments`."""

    id: int
    post_id: int
    user_id: int
    reply_to: int | None
    body: str
    created_at: datetime


class Like(NamedTuple):
    """A row of `likes`."""

    user_id: int
    post_id: int
    created_at: datetime


class Customer(NamedTuple):
    """A row of `customers`."""

    id: int
    name: str
    segment: str
    city: str
    country: str
    email: str
    phone: str | None
    account_manager_id: int | None
    created_on: date


class Product(NamedTuple):
    """A row of `products`."""

    id: int
    sku: str
    name: str
    category: str
    price: Decimal
    unit_cost: Decimal
    stock: int
    discontinued_on: date | None


class Order(NamedTuple):
    """A row of `orders`."""

    id: int
    customer_id: int
    status: str
    channel: str
    ordered_at: datetime
    shipped_at: datetime | None
    total: Decimal


class OrderLine(NamedTuple):
    """A row of `order_lines`."""

    id: int
    order_id: int
    product_id: int
    quantity: int
    unit_price: Decimal
    discount_percent: int
    amount: Decimal


class Invoice(NamedTuple):
    """A row of `invoices`."""

    id: int
    number: str
    order_id: int
    issued_on: date
    due_on: date
    paid_on: date | None
    amount: Decimal


class Demo(NamedTuple):
    """All rows, one field for each relation, in an order in which they can be inserted."""

    teams: list[Team]
    users: list[User]
    posts: list[Post]
    comments: list[Comment]
    likes: list[Like]
    customers: list[Customer]
    products: list[Product]
    orders: list[Order]
    order_lines: list[OrderLine]
    invoices: list[Invoice]


def generate() -> Demo:
    """Every row of the demo."""
    teams = [
        Team(n, name, city, date.fromisoformat(day)) for n, (name, city, day) in _numbered(words.TEAMS)
    ]
    users = list(_users(teams))
    posts = list(_posts(users))
    likes = list(_likes(users, posts))
    customers = list(_customers(users))
    products = list(_products())
    orders, lines = _orders(customers, products)
    return Demo(
        teams=teams,
        users=users,
        posts=_with_views(posts, likes),
        comments=list(_comments(users, posts)),
        likes=likes,
        customers=customers,
        products=products,
        orders=orders,
        order_lines=lines,
        invoices=list(_invoices(customers, orders)),
    )


def _users(teams: Sequence[Team]) -> Iterator[User]:
    r = Random(f"{_SEED} users")
    team_ids = {team.name: team.id for team in teams}
    crafts = [
        t.id for t in teams if t.name not in {team for _, role, team in _FIRST_USERS if role != "editor"}
    ][:-2]
    taken = {name for name, _, _ in _FIRST_USERS}
    arrivals = sorted(_moment(r, _FIRST_MEMBER) for _ in range(_USERS - len(_FIRST_USERS)))
    hosts: list[int] = []
    for n in range(1, _USERS + 1):
        if n <= len(_FIRST_USERS):
            name, role, team = _FIRST_USERS[n - 1]
            team_id = team_ids.get(team)
            joined = datetime(2021, 3, 1, 9, 0, 0) + timedelta(days=11 * n, seconds=97 * n)
        else:
            name = words.NON_LATIN_NAMES[n // 480 - 1] if n % 480 == 0 else _person(r, taken)
            role = "author" if r.random() < 0.13 else "reader"
            in_team = r.random() < (0.8 if role == "author" else 0.06)
            team_id = _skewed(r, crafts) if in_team else None
            joined = arrivals[n - len(_FIRST_USERS) - 1]
        # One who was invited invites nobody, so that a database that checks references row by row can
        # load the relation in two steps.
        invited_by = _favourite(r, hosts) if len(hosts) > 30 and r.random() < 0.3 else None
        if invited_by is None:
            hosts.append(n)
        is_active = n <= len(_FIRST_USERS) or r.random() < 0.93
        last_login = (
            _moment(r, joined, late=is_active) if n <= len(_FIRST_USERS) or r.random() < 0.96 else None
        )
        email = f"{_ascii(name) or 'user'}.{n}@mail.example"
        country = _weighted(r, [(c, weight) for c, _, weight in words.COUNTRIES])
        yield User(n, team_id, name, email, role, country, invited_by, is_active, joined, last_login)


def _posts(users: Sequence[User]) -> Iterator[Post]:
    r = Random(f"{_SEED} posts")
    writers = _shuffled(r, [u for u in users if u.role in ("author", "editor", "admin")])
    writers = writers[: len(writers) * 6 // 7]  # the others never wrote
    subjects = {topic: names for topic, names, _ in words.TOPICS}
    started = []
    for _ in range(_POSTS):
        writer = _skewed(r, writers)
        started.append((_moment(r, writer.joined_at), writer.id))
    for n, (created, author_id) in _numbered(sorted(started)):
        topic = _weighted(r, [(t, weight) for t, _, weight in words.TOPICS])
        title = _any(r, words.TITLES).format(_any(r, subjects[topic]))
        word_count = 150 + _below(r, 500) + _below(r, 1800) * _below(r, 3)
        published = created + timedelta(seconds=_below(r, 21 * 86_400))
        status = "draft" if r.random() < 0.12 or published >= _END else _any(r, _PUBLIC_STATUS)
        yield Post(
            n,
            author_id,
            title[0].upper() + title[1:],
            topic,
            status,
            word_count,
            0,
            created,
            None if status == "draft" else published,
        )


_PUBLIC_STATUS = ("published",) * 11 + ("archived",)


def _likes(users: Sequence[User], posts: Sequence[Post]) -> Iterator[Like]:
    r = Random(f"{_SEED} likes")
    fans = _shuffled(r, users)[: len(users) * 22 // 25]  # the others never like anything
    public = _shuffled(r, [(p.id, p.published_at) for p in posts if p.published_at is not None])
    public = public[: len(public) * 24 // 25]  # the others are liked by nobody
    times: dict[tuple[int, int], datetime] = {}
    while len(times) < _LIKES:
        user, (post_id, published) = _skewed(r, fans), _favourite(r, public)
        if (user.id, post_id) not in times:
            times[user.id, post_id] = _moment(r, max(user.joined_at, published), early=True)
    for (user_id, post_id), at in sorted(times.items(), key=lambda item: (item[1], item[0])):
        yield Like(user_id, post_id, at)


def _with_views(posts: Sequence[Post], likes: Sequence[Like]) -> list[Post]:
    r = Random(f"{_SEED} views")
    liked = dict.fromkeys((p.id for p in posts), 0)
    for like in likes:
        liked[like.post_id] += 1
    return [
        p._replace(
            views=0 if p.published_at is None else 3 + _below(r, 90) + liked[p.id] * (6 + _below(r, 22))
        )
        for p in posts
    ]


def _comments(users: Sequence[User], posts: Sequence[Post]) -> Iterator[Comment]:
    r = Random(f"{_SEED} comments")
    voices = _shuffled(r, users)[: len(users) * 3 // 5]
    public = _shuffled(r, [(p.id, p.published_at) for p in posts if p.published_at is not None])
    public = public[: len(public) * 4 // 5]
    written = []
    for _ in range(_COMMENTS):
        user, (post_id, published) = _skewed(r, voices), _skewed(r, public)
        written.append((_moment(r, max(user.joined_at, published), early=True), post_id, user.id))
    open_threads: dict[int, list[int]] = {}
    for n, (created, post_id, user_id) in _numbered(sorted(written)):
        threads = open_threads.setdefault(post_id, [])
        reply_to = _any(r, threads) if threads and r.random() < 0.4 else None
        if reply_to is None:
            threads.append(n)
        yield Comment(n, post_id, user_id, reply_to, _any(r, words.COMMENTS), created)


def _customers(users: Sequence[User]) -> Iterator[Customer]:
    r = Random(f"{_SEED} customers")
    managers = [u.id for u in users if u.role == "sales"][:-1]  # the last one is new and has no customers
    cared_for = {"enterprise": 1.0, "small_business": 0.6, "consumer": 0.03}
    segments = [("consumer", 50), ("small_business", 42), ("enterprise", 8)]
    people, companies = {u.name for u in users}, set[str]()
    days = sorted(_moment(r, _FIRST_CUSTOMER).date() for _ in range(_CUSTOMERS))
    for n, created_on in _numbered(days):
        segment = _weighted(r, segments)
        if segment == "consumer":
            name = _person(r, people)
            email = f"{_ascii(name)}.c{n}@mail.example"
        else:
            name = _company(r, companies)
            email = f"orders@{_ascii(name).replace('.', '-')}.example"
        country = _weighted(r, [(c, weight) for c, _, weight in words.COUNTRIES])
        city = _any(r, next(cities for c, cities, _ in words.COUNTRIES if c == country))
        phone = f"+{10 + _below(r, 80)} 555 {_below(r, 10_000):04}" if r.random() < 0.7 else None
        manager_id = _skewed(r, managers) if r.random() < cared_for[segment] else None
        yield Customer(n, name, segment, city, country, email, phone, manager_id, created_on)


def _products() -> Iterator[Product]:
    r = Random(f"{_SEED} products")
    n = 0
    for category, prefix, things, variants in words.PRODUCTS:
        for in_category, ((thing, base), (variant, percent)) in _numbered(product(things, variants)):
            n += 1
            # In steps of 20 cents every discount in steps of five percent is a whole number of cents.
            cents = base * percent // 2000 * 20
            cost = cents * (35 + _below(r, 35)) // 100
            stock = 0 if r.random() < 0.08 else _below(r, 400)
            ended = _moment(r, datetime(2025, 1, 1)).date() if r.random() < 0.1 else None
            name = f"{thing}, {variant}"
            yield Product(
                n, f"{prefix}-{in_category:03}", name, category, _euros(cents), _euros(cost), stock, ended
            )


def _orders(
    customers: Sequence[Customer], products: Sequence[Product]
) -> tuple[list[Order], list[OrderLine]]:
    r = Random(f"{_SEED} orders")
    eager = {"enterprise": 0.25, "small_business": 0.7, "consumer": 1.0}
    buyers = _shuffled(r, customers)[: len(customers) * 17 // 20]  # the others never ordered
    buyers = [b for _, b in sorted((r.random() * eager[b.segment], b) for b in buyers)]
    on_sale = _shuffled(r, products)[:-4]  # the others were never ordered
    placed: list[tuple[datetime, Customer]] = []
    while len(placed) < _ORDERS:
        ordered, buyer = _moment(r, _FIRST_ORDER), _skewed(r, buyers)
        if buyer.created_on <= ordered.date():
            placed.append((ordered, buyer))
    orders: list[Order] = []
    lines: list[OrderLine] = []
    for n, (ordered, buyer) in _numbered(sorted(placed)):
        basket = list(_basket(r, ordered, buyer, on_sale))
        lines += [OrderLine(len(lines) + k, n, *item) for k, item in _numbered(basket)]
        status = _order_status(r, (_END - ordered).days)
        left = status in ("shipped", "delivered", "returned")
        shipped = ordered + timedelta(seconds=6 * 3600 + _below(r, 66 * 3600)) if left else None
        channel = _weighted(r, [("web", 74), ("phone", 15), ("partner", 11)])
        total = sum((amount for *_, amount in basket), Decimal("0.00"))
        orders.append(Order(n, buyer.id, status, channel, ordered, shipped, total))
    return orders, lines


def _basket(
    r: Random, ordered: datetime, buyer: Customer, on_sale: Sequence[Product]
) -> Iterator[tuple[int, int, Decimal, int, Decimal]]:
    """The fields of `OrderLine` from `product_id` on."""
    chosen: dict[int, Product] = {}
    count = 1 + int(6 * r.random() * r.random())
    while len(chosen) < count:
        item = _skewed(r, on_sale)
        if item.discontinued_on is None or ordered.date() < item.discontinued_on:
            chosen[item.id] = item
    for item in chosen.values():
        bulk = 8 if buyer.segment == "enterprise" else 3 if buyer.segment == "small_business" else 1
        quantity = 1 + int(5 * bulk * r.random() * r.random())
        cents = int(item.price * 100)
        if ordered.year < 2025:  # prices went up by about five percent in January 2025
            cents -= 20 * (cents // 400)
        discount = 0 if r.random() < 0.7 else _any(r, (5, 10, 20) if bulk > 1 else (5, 10))
        amount = quantity * cents * (100 - discount) // 100
        yield item.id, quantity, _euros(cents), discount, _euros(amount)


def _order_status(r: Random, days_ago: int) -> str:
    if days_ago < 3:
        return _weighted(r, [("pending", 5), ("paid", 4), ("cancelled", 1)])
    if days_ago < 12:
        return _weighted(r, [("paid", 3), ("shipped", 8), ("delivered", 6), ("cancelled", 1)])
    return _weighted(r, [("delivered", 875), ("cancelled", 70), ("returned", 50), ("pending", 5)])


def _invoices(customers: Sequence[Customer], orders: Sequence[Order]) -> Iterator[Invoice]:
    r = Random(f"{_SEED} invoices")
    segment_of = {c.id: c.segment for c in customers}
    billed = []
    for order in orders:
        issued = order.ordered_at.date() + timedelta(days=_below(r, 4))
        if order.status not in ("pending", "cancelled") and issued <= TODAY:
            billed.append((issued, order))
    in_year: dict[int, int] = {}
    for n, (issued, order) in _numbered(sorted(billed)):
        in_year[issued.year] = in_year.get(issued.year, 0) + 1
        term = 60 if segment_of[order.customer_id] == "enterprise" else 30
        paid = issued + timedelta(days=int(term * r.random()) + (_below(r, 40) if r.random() < 0.2 else 0))
        never = r.random() < 0.03
        yield Invoice(
            n,
            f"{issued.year}-{in_year[issued.year]:05}",
            order.id,
            issued,
            issued + timedelta(days=term),
            None if never or paid > TODAY else paid,
            order.total,
        )


def _numbered(items: Iterable[_T]) -> Iterator[tuple[int, _T]]:
    return enumerate(items, start=1)


def _below(r: Random, n: int) -> int:
    return int(r.random() * n)


def _any(r: Random, items: Sequence[_T]) -> _T:
    return items[int(r.random() * len(items))]


def _skewed(r: Random, items: Sequence[_T]) -> _T:
    """One of the items, the earlier the likelier: a long tail."""
    a, b = r.random(), r.random()
    return items[int(len(items) * a * max(a, b))]


def _favourite(r: Random, items: Sequence[_T]) -> _T:
    """As `_skewed`, and far more so: most items are hardly ever chosen."""
    return items[int(len(items) * r.random() * r.random() * r.random())]


def _weighted(r: Random, choices: Sequence[tuple[_T, int]]) -> _T:
    at = _below(r, sum(weight for _, weight in choices))
    for choice, weight in choices:
        at -= weight
        if at < 0:
            return choice
    raise AssertionError("weights are positive")


def _shuffled(r: Random, items: Sequence[_T]) -> list[_T]:
    keys = [(r.random(), index) for index in range(len(items))]
    return [items[index] for _, index in sorted(keys)]


def _moment(r: Random, start: datetime, *, early: bool = False, late: bool = False) -> datetime:
    """A second from `start` to the end of the data, nearer to one of them if asked."""
    share = r.random()
    if early:
        share *= r.random() * r.random()
    if late:
        share = 1 - share * r.random() * r.random()
    span = _END - start
    return start + timedelta(seconds=int((span.days * 86_400 + span.seconds) * share))


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _person(r: Random, taken: set[str]) -> str:
    """A name that nobody has yet."""
    while (name := f"{_any(r, words.FIRST_NAMES)} {_any(r, words.LAST_NAMES)}") in taken:
        pass
    taken.add(name)
    return name


def _company(r: Random, taken: set[str]) -> str:
    while True:
        name = f"{_any(r, words.COMPANY_FIRST)} {_any(r, words.COMPANY_SECOND)}"
        if r.random() < 0.4:
            name = f"{name} {_any(r, words.COMPANY_FORMS)}"
        if name not in taken:
            taken.add(name)
            return name


def _ascii(name: str) -> str:
    """Lower-case ASCII letters of the name with dots between, or nothing.

    >>> _ascii("Łukasz O'Brien")
    'lukasz.obrien'
    """
    plain = unicodedata.normalize("NFKD", name.translate(str.maketrans("Łłøß", "Llos")))
    words_ = "".join(c for c in plain.lower() if c in "abcdefghijklmnopqrstuvwxyz ").split()
    return ".".join(words_)
