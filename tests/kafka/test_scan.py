"""A topic read from end to end: the end is where it was when the reading began."""

from confluent_kafka import Producer

from models.settings import Settings
from storage.kafka.client import EVENTS, producer_properties, topic_name
from storage.kafka.scan import committed
from tests.kafka.driving import produce


def test_what_comes_later_is_not_read(kafka: Settings) -> None:
    topic = topic_name(kafka, EVENTS)
    other = Producer(producer_properties(kafka, transactional_id=f"{topic}-other"))
    other.init_transactions(30)
    other.begin_transaction()
    other.produce(topic, b"held up", partition=1)
    other.flush(30)
    produce(kafka, [{"value": b"early", "partition": 0}])
    reading = committed(kafka, topic, {})
    read = [next(reading).value()]
    produce(kafka, [{"value": b"late", "partition": 0}])
    other.commit_transaction(30)
    read += [record.value() for record in reading]
    assert read == [b"early", b"held up"]
