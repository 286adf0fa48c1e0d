"""`jobfinders status` beside a topic: what is unread, and that Kafka is silent."""

import json

from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import put
from tests.kafka.driving import fold_all, produce, relay_all
from tests.platform.driving import event, run


def test_what_is_unread_is_told(kafka: Settings, database: str) -> None:
    produce(kafka, ({"value": event(n), "partition": 1} for n in range(3)))
    assert json.loads(_status(kafka, "--json"))["unread"] == {"0": 0, "1": 3, "2": 0}
    fold_all(kafka, database)
    shown = _status(kafka)
    assert "topic: 0 offsets unread" in shown
    assert "partitions: 3" in shown
    assert json.loads(_status(kafka, "--json"))["partitions"] == 3


def test_the_end_of_a_transaction_stays_unread(kafka: Settings, database: str) -> None:
    put(database, [event(1)])
    relay_all(kafka, database)
    fold_all(kafka, database)
    with connect(database) as connection:
        judged = connection.execute("SELECT sum(accepted) FROM flow_positions").fetchone()
    assert judged == (1,)
    assert "topic: 1 offsets unread (the end of a transaction is one" in _status(kafka)


def test_a_kafka_that_is_silent_is_told(settings: Settings, database: str) -> None:
    silent = settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:1"})
    assert "topic: Kafka does not answer" in _status(silent)


def test_a_topic_that_is_not_there_is_told(kafka: Settings, database: str) -> None:
    elsewhere = kafka.model_copy(update={"kafka_prefix": "never."})
    assert "topic: Kafka has no topic never.applications" in _status(elsewhere)
    assert json.loads(_status(elsewhere, "--json"))["unread"] is None


def _status(settings: Settings, *options: str) -> str:
    assert settings.postgres_url is not None
    assert settings.kafka_bootstrap is not None
    settings.data.mkdir(exist_ok=True)
    ended = run(
        settings.data,
        "status",
        *options,
        postgres_url=settings.postgres_url,
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_prefix=settings.kafka_prefix,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
