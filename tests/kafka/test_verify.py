"""What is in the topic is folded or a dead letter; what is not is seen."""

import asyncio

import asyncpg
import pytest

from flows.verify import verify
from models.entity import Entity
from models.errors import ConfigurationError
from models.events import Created, EventType
from models.settings import Settings
from models.writes import Draft
from storage.postgres import writes
from storage.postgres.connect import connect
from tests.flows.driving import put
from tests.kafka.driving import fold_all, produce, relay_all
from tests.platform.driving import event


def test_a_write_on_its_way_through_the_topic_is_no_difference(
    kafka: Settings, database: str
) -> None:
    asyncio.run(_write(database))
    relay_all(kafka, database)
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    report = verify(database, kafka=kafka)
    assert report.clean, report
    assert report.waiting == 1
    fold_all(kafka, database)
    report = verify(database, kafka=kafka)
    assert report.clean, report
    assert (report.waiting, report.published) == (0, 1)
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM pending_writes").fetchone() == (0,)


def test_a_topic_that_was_never_made_holds_nothing(kafka: Settings, database: str) -> None:
    elsewhere = kafka.model_copy(update={"kafka_prefix": "never."})
    put(database, [event(1)])
    report = verify(database, kafka=elsewhere)
    assert report.clean, report
    assert (report.waiting, report.published) == (1, 0)


@pytest.mark.parametrize("kafka_partitions", [1])
def test_a_topic_that_was_read_and_is_gone_is_told(kafka: Settings, database: str) -> None:
    produce(kafka, [{"value": event(1)}])
    fold_all(kafka, database)
    with connect(database) as connection:
        connection.execute("UPDATE flow_positions SET source = 'never.' || source")
    elsewhere = kafka.model_copy(update={"kafka_prefix": f"never.{kafka.kafka_prefix}"})
    with pytest.raises(ConfigurationError, match="Kafka has no topic never"):
        verify(database, kafka=elsewhere)


@pytest.mark.parametrize(
    ("check", "statement"),
    [
        ("what was fed", "UPDATE flow_positions SET position = 9 WHERE flow = 'analytics'"),
        (
            "pending writes settle",
            "INSERT INTO pending_writes (application_id, event_id, revision, seq)"
            " VALUES ('app_1', 'never', 1, 0)",
        ),
    ],
)
@pytest.mark.parametrize("kafka_partitions", [1])
def test_a_message_that_was_passed_over_is_seen(
    kafka: Settings, database: str, check: str, statement: str
) -> None:
    put(database, [event(1)])
    relay_all(kafka, database)
    fold_all(kafka, database)
    put(database, [event(2)])
    relay_all(kafka, database)
    assert verify(database, kafka=kafka).clean
    with connect(database) as connection:
        connection.execute(statement)
    report = verify(database, kafka=kafka)
    assert [name for name in report.counts if name.startswith(check)], report


async def _write(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            created = Created(job_id="j1", job_title="Engineer", company="Acme")
            entity = Entity(id="app_api", user_id="ada")
            await writes.create(connection, entity, [Draft(EventType.CREATED, created)])
    finally:
        await connection.close()
