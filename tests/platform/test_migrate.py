"""Migrations: once each, in one transaction each, one migrator at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from models.errors import ConfigurationError, SchemaTooNew, Unavailable
from storage.postgres import migrate as module
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from storage.postgres.migrate import Migration, check_version, migrate, migrations

COUNT = "SELECT count(*) FROM schema_migrations"


@pytest.fixture
def empty(postgres_server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a database without any table."""
    name = f"empty_{abs(hash(request.node.name))}"
    with connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_server.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def one(url: str, statement: str) -> object:
    with connect(url) as connection:
        row = connection.execute(statement).fetchone()
    return None if row is None else row[0]


def test_numbers_have_no_gap_and_no_twin() -> None:
    assert [m.version for m in migrations()] == list(range(1, len(migrations()) + 1))


def test_all_are_applied_once_and_recorded(empty: str) -> None:
    migrate(empty, partitions=3)
    migrate(empty, partitions=5)
    assert one(empty, COUNT) == len(migrations())
    assert one(empty, "SELECT hash FROM schema_migrations") == migrations()[0].hash
    assert one(empty, "SELECT partitions FROM log") == 3
    check_version(empty)


def test_migrators_at_the_same_time_wait_for_each_other(empty: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(migrate, empty) for _ in range(6)]:
            done.result()
    assert one(empty, COUNT) == len(migrations())
    assert one(empty, "SELECT count(*) FROM log") == 1


def test_a_newer_database_is_refused_and_left_alone(empty: str) -> None:
    migrate(empty)
    with connect(empty) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 'x')")
    for refuse in (migrate, check_version):
        with pytest.raises(SchemaTooNew, match="newer version of jobfinders"):
            refuse(empty)
    assert one(empty, COUNT) == len(migrations()) + 1


def test_an_applied_migration_that_differs_is_refused(empty: str) -> None:
    migrate(empty)
    with connect(empty) as connection:
        connection.execute("UPDATE schema_migrations SET hash = 'other' WHERE version = 1")
    with pytest.raises(ConfigurationError, match="migration 1 of the database"):
        migrate(empty)


def test_a_migration_that_fails_leaves_nothing_of_itself(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Migration(1, "first", "CREATE TABLE log (partitions int)")
    broken = Migration(2, "broken", "CREATE TABLE second (a int); SELECT 1 / 0")
    monkeypatch.setattr(module, "migrations", lambda: [first, broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty)
    assert one(empty, "SELECT max(version) FROM schema_migrations") == 1
    assert one(empty, "SELECT to_regclass('second')") is None


def test_a_migration_that_waits_for_a_lock_holds_nobody_up(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty)
    later = Migration(9999, "later", "ALTER TABLE dead_letters ADD COLUMN later text")
    monkeypatch.setattr(module, "migrations", lambda: [*migrations(), later])
    with connect(empty) as holding, ThreadPoolExecutor(1) as pool:
        holding.execute("SELECT FROM dead_letters")
        migrating = pool.submit(migrate, empty)
        with connect(empty, autocommit=True) as other:
            other.execute("SET statement_timeout = '5s'")
            tried = (
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'dead_letters'::regclass"
            )
            while other.execute(tried).fetchone() is None:
                assert not migrating.done()
            assert other.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
        assert not migrating.done()
        holding.rollback()
        migrating.result(20)
    assert one(empty, "SELECT max(version) FROM schema_migrations") == 9999


def test_no_database_is_a_clear_error(postgres_server: Server) -> None:
    with pytest.raises(Unavailable, match=r"Postgres does not answer: .*does not exist"):
        migrate(postgres_server.url("nowhere"))
