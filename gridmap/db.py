"""The database: base class, the scoped mixin, constraint names, sessions, and the scope set on every transaction.

Row-level security does the guarding (see ``policies_for``): a row is there only when its ``unit_code`` lies in the scope of
the person, which is told to PostgreSQL by ``SET LOCAL`` at the start of each transaction. With nothing set, nothing is seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Integer, MetaData, create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column, sessionmaker

from gridmap.access import EVERYWHERE, Actor, Range
from gridmap.config import APP_ROLE, JOBS_ROLE, ROOT, role_password, role_url, settings

POSTS_ROLE = f"{APP_ROLE}_posts"
MIGRATIONS = ROOT / "migrations"


class Base(DeclarativeBase):
    """Base of every mapped class; constraint names are predictable, so that they can be mapped to form fields."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Scoped:
    """Mixin of every table whose rows belong to a place: ``county_code`` (shard), ``unit_code`` (scope), key (county_code, id)."""

    county_code: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    unit_code: Mapped[int] = mapped_column(BigInteger, nullable=False)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - SQLAlchemy calls it on the class
        return scoped_args()


def scoped_args(*more: Any) -> tuple[Any, ...]:
    """Return ``__table_args__`` of a scoped table: its check and whatever else the table needs."""
    return (CheckConstraint("county_code = unit_code / 1000000000", name="county"), *more)


def scoped_tables() -> list[str]:
    """Return the names of all mapped tables under the scope, for tests and grants."""
    return sorted(m.local_table.name for m in Base.registry.mappers if issubclass(m.class_, Scoped))  # type: ignore[attr-defined]


_IN_SCOPE = (
    "unit_code >= nullif(current_setting('gridmap.scope_lo', true), '')::bigint"
    " and unit_code < nullif(current_setting('gridmap.scope_hi', true), '')::bigint"
)
_IN_POSTS = "unit_code <@ nullif(current_setting('gridmap.scope_posts', true), '')::int8multirange"


def policies_for(table: str, *, or_self: str = "") -> list[str]:
    """Return the SQL that puts ``table`` under the scope.

    One range is checked for a person with one stretch of units; a person with several stretches works as ``gridmap_app_posts``,
    whose policy also checks the multirange, so that the common case pays nothing for it. ``or_self`` is a further condition
    under which a row is seen (a person's own account); it never allows a write. Jobs work on behalf of the system and see all.
    """
    seen, seen_posts = _IN_SCOPE, f"{_IN_SCOPE} and {_IN_POSTS}"
    extra = f" or ({or_self})" if or_self else ""
    return [
        f"alter table {table} enable row level security",
        f"create policy scope on {table} to {APP_ROLE} using (({seen}){extra}) with check ({seen})",
        f"create policy scope_posts on {table} to {POSTS_ROLE} using (({seen_posts}){extra}) with check ({seen_posts})",
        f"create policy jobs on {table} to {JOBS_ROLE} using (true) with check (true)",
    ]


def grants_for(table: str, rights: str) -> str:
    """Return the GRANT of ``rights`` on ``table`` to the application and job roles."""
    return f"grant {rights} on {table} to {APP_ROLE}, {POSTS_ROLE}, {JOBS_ROLE}"


WRITING_PATIENCE = 10
"""How many times longer a statement of a request that writes may take: a version of 5,000 outlines is stored in one piece."""


def scope_settings(actor: Actor | None, patience: int = 1) -> dict[str, str]:
    """Return what is set at the start of a transaction for ``actor`` (``None``: nobody, who sees nothing).

    Also how long a statement may take, ``patience`` times what a page may, so that nobody holds the database; PostgreSQL
    ends it with SQLSTATE 57014.
    """
    most_ms = max(1, round(settings().page_timeout_seconds * patience * 1000))  # 0 would be no limit
    limit = {"statement_timeout": str(most_ms)}
    if actor is None or not actor.ranges:
        return {"role": APP_ROLE, "gridmap.scope_lo": "0", "gridmap.scope_hi": "0", "gridmap.account_id": "0", **limit}
    ranges = actor.ranges
    return {
        "role": APP_ROLE if len(ranges) == 1 else POSTS_ROLE,
        "gridmap.scope_lo": str(actor.hull.lo),
        "gridmap.scope_hi": str(actor.hull.hi),
        "gridmap.scope_posts": multirange(ranges) if len(ranges) > 1 else "",
        "gridmap.account_id": str(actor.account_id),
        **limit,
    }


def multirange(ranges: Sequence[Range]) -> str:
    """Return ranges of unit codes as PostgreSQL writes an ``int8multirange``."""
    return "{" + ",".join(f"[{r.lo},{r.hi})" for r in ranges) + "}"


def scope_statement(actor: Actor | None) -> str:
    """Return ``SET LOCAL`` statements as one string, to be sent together with a query (the lean path of the tiles).

    The values are integers and names of our own making, never request text.
    """
    return "".join(f"set local {key} = '{value}';" for key, value in scope_settings(actor).items())


def in_ranges(column: Any, ranges: Sequence[Range]) -> Any:
    """Return the SQLAlchemy condition that ``column`` lies in any of ``ranges``: the explicit twin of the policy.

    The planner cannot see through a setting; the literal range prunes partitions and shards, and is what a permission that
    holds at only some of a person's posts is made of.
    """
    from sqlalchemy import false, or_

    if tuple(ranges) == (EVERYWHERE,):
        return column >= 0
    return or_(*[(column >= r.lo) & (column < r.hi) for r in ranges]) if ranges else false()


def valid_on(table: Any, on: date) -> Any:
    """Return the SQLAlchemy condition that rows with ``valid_from`` and ``valid_to`` are valid on a day: the last day is not."""
    from sqlalchemy import and_, or_

    return and_(table.valid_from <= on, or_(table.valid_to.is_(None), table.valid_to > on))


def make_engine(url: URL | str, **options: Any) -> Engine:
    """Return an engine whose connections speak UTC and fail fast on locks."""
    return create_engine(
        url,
        pool_pre_ping=False,
        hide_parameters=True,  # what people wrote does not belong into logs
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c jit=off", "application_name": "gridmap"},
        json_serializer=lambda value: json.dumps(value, ensure_ascii=False),
        **{"pool_size": 5, "max_overflow": 5, "pool_recycle": 1800, **options},
    )


# Two databases of one server set the same roles: whoever meets another ("tuple concurrently updated") tries again.
_PATIENTLY = """
do $patient$ begin
  for attempt in 1..50 loop
    begin
      alter role {role} password '{password}';
      return;
    exception when internal_error then
      perform pg_sleep(0.1);
    end;
  end loop;
  raise exception 'roles are being changed by another migration';
end $patient$
"""


class Database:
    """The sessions of one process; ``session()`` is the unit of work of the current request or job."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.factory = sessionmaker(autoflush=True, expire_on_commit=False)
        event.listen(self.factory, "after_begin", _set_scope)

    def start(self, url: URL | str, **options: Any) -> None:
        """Connect as the application role (lazily)."""
        self.engine = make_engine(url, **options)
        self.factory.configure(bind=self.engine)

    def open(self, actor: Actor | None, patience: int = 1) -> Session:
        """Return a new session that works within the scope of ``actor``; see ``scope_settings`` for ``patience``."""
        return self.factory(info={"actor": actor, "patience": patience})

    @contextmanager
    def lean(self) -> Iterator[Any]:
        """Lend a bare autocommit psycopg2 connection, for the one-statement reads of the tiles.

        It goes back to the pool as it came: a session that got an autocommit connection would lose its scope with its first
        statement. The switch is the driver's own flag; it sends nothing to the server.
        """
        assert self.engine is not None
        raw = self.engine.raw_connection()
        driver = raw.driver_connection
        assert driver is not None
        driver.autocommit = True
        try:
            yield driver
        finally:
            if not driver.closed:
                driver.autocommit = False
            raw.close()


def _set_scope(session: Session, _transaction: Any, connection: Connection) -> None:
    """Tell PostgreSQL whose scope this transaction has: one statement, gone with the transaction."""
    if "actor" not in session.info:
        return
    values = scope_settings(session.info["actor"], session.info.get("patience", 1))
    calls = ", ".join(f"set_config('{key}', '{value}', true)" for key, value in values.items())
    connection.exec_driver_sql(f"select {calls}")


database = Database()


@contextmanager
def owner_session(url: URL | str | None = None) -> Iterator[Session]:
    """Open a session as the owner of the tables (command line only); commits at the end, rolls back on any error."""
    engine = make_engine(url or settings().admin_url(), pool_size=1)
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    finally:
        engine.dispose()


def migrate(url: URL | str) -> None:
    """Bring the database at ``url`` (the owner's connection) to the newest migration, and the roles to their passwords."""
    from alembic import command

    command.upgrade(alembic_config(url), "head")
    keep_role_passwords(url)


def keep_role_passwords(url: URL | str) -> None:
    """Give the roles that log in the passwords derived from the owner's: it, or the instance folder, may be another than before.

    Only where the derived one does not open: roles belong to the whole server (see decision 0002).
    """
    owner = make_url(url)
    for role in (APP_ROLE, JOBS_ROLE):
        if _opens(role_url(owner, role)):
            continue
        with owner_session(url) as session:
            session.execute(text(_PATIENTLY.format(role=role, password=role_password(owner, role))))


def _opens(url: URL) -> bool:
    engine = make_engine(url, pool_size=1)
    try:
        engine.connect().close()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True


def migration_state(url: URL | str) -> tuple[str | None, str]:
    """Return (revision of the database, newest revision of the code)."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            there = connection.execute(text("select to_regclass('public.alembic_version')")).scalar()
            current = connection.execute(text("select version_num from alembic_version")).scalar() if there else None
    finally:
        engine.dispose()
    return current, str(head)


def alembic_config(url: URL | str) -> Any:
    """Return the Alembic configuration for ``url``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(MIGRATIONS)))
    shown = url.render_as_string(hide_password=False) if isinstance(url, URL) else url
    config.set_main_option("sqlalchemy.url", shown.replace("%", "%%"))
    return config
