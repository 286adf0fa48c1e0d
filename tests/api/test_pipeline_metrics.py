"""What an operator sees of the pipeline: backlog, outcomes, lag of each reader, dead letters."""

import re

import pytest

from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.consumers import Consumer
from storage.postgres.relay import Stored
from tests.flows.driving import drain, put
from tests.platform.driving import event
from tests.warehouse.driving import publish

BROKEN = b'{"specversion":"1.0","subject":"app_9"}'


@pytest.fixture
def figures(client):
    """`await figures("jobfinders_…")`: values by labels."""

    async def read(name: str) -> dict[str, float]:
        text = (await client.get("/metrics")).text
        found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
        return {labels.replace('"', ""): float(value) for labels, value in found}

    return read


async def test_messages_wait_and_are_judged(figures, settings: Settings, database: str):
    put(database, [event(1), event(2), BROKEN])
    assert await figures("jobfinders_outbox_messages") == {"partition=0": 3}
    drain(database, settings)
    put(database, [event(1)])
    drain(database, settings)
    assert await figures("jobfinders_outbox_messages") == {"partition=0": 0}
    assert await figures("jobfinders_flow_messages_total") == {
        "flow=analytics,outcome=accepted,partition=0": 2,
        "flow=analytics,outcome=duplicates,partition=0": 1,
        "flow=analytics,outcome=dead_lettered,partition=0": 1,
    }
    assert await figures("jobfinders_dead_letters") == {"reason=invalid": 1}
    assert await figures("jobfinders_entity_stale") == {"": 0}


async def test_each_reader_of_the_log_has_its_lag(figures, settings: Settings, database: str):
    put(database, [event(1), event(2)])
    drain(database, settings)
    publish(settings)
    with connect(database, autocommit=True) as connection:
        reader = Consumer(connection, "reader")
        assert reader.take_over()
        with connection.transaction():
            reader.advance({0: 1})
    put(database, [event(3)])
    drain(database, settings)
    assert await figures("jobfinders_log_lag_entries") == {
        "flow=reader,partition=0": 5,
        "flow=warehouse,partition=0": 2,
    }


async def test_the_flow_is_behind_the_relay(figures, settings: Settings, database: str):
    put(database, [event(1), event(2)])
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        taken = connection.execute("SELECT position FROM flow_positions").fetchone()
        assert taken is not None
        with connection.transaction():
            Stored(connection).passed({0: taken[0] + 7})
    assert await figures("jobfinders_kafka_lag_messages") == {"partition=0": 7}


async def test_very_many_dead_letters_are_not_all_counted(figures, app):
    await app.state.parts.pool.execute(
        """INSERT INTO dead_letters
            (source, partition, "offset", stage, reason, detail, recorded_at, payload)
        SELECT 'outbox', 0, n, 'decode', 'invalid', '', now(), ''
        FROM generate_series(1, 100005) AS n"""
    )
    assert await figures("jobfinders_dead_letters") == {"reason=invalid": 100_000}


async def test_there_is_rather_no_figure_than_an_old_one(figures, app):
    assert await figures("jobfinders_entity_stale") == {"": 0}
    await app.state.parts.pool.execute("ALTER TABLE entity_stale RENAME TO elsewhere")
    assert await figures("jobfinders_entity_stale") == {}
    assert await figures("jobfinders_database_up") == {"": 1}
