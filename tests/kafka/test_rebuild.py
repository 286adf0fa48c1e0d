"""`rebuild` where the flow reads a topic, which has more partitions than the embedded log."""

import pytest

from flows import rebuild
from flows.analytics import now_us
from flows.partition import Partition
from flows.verify import verify
from models.errors import AlreadyRunning
from models.settings import Settings
from storage.postgres.connect import connect
from tests.faults.traffic import Traffic
from tests.kafka.driving import fold_all, relay_all


def test_every_process_of_the_flow_must_have_ended(
    kafka: Settings, database: str, traffic: Traffic
) -> None:
    traffic.feed(300)
    relay_all(kafka, database)
    fold_all(kafka, database)
    with connect(database, autocommit=True) as connection:
        connection.execute("UPDATE application_analytics SET views = views + 1")
        last = Partition(kafka, database, kafka.kafka_partitions - 1, now_us)
        with pytest.raises(AlreadyRunning, match="running on partition 2"):
            rebuild.run(connection)
        last.close()
    with connect(database, autocommit=True) as connection:
        assert rebuild.run(connection).mended > 50
    relay_all(kafka, database)
    traffic.feed(300)
    relay_all(kafka, database)
    fold_all(kafka, database)
    report = verify(database, [traffic.file], kafka=kafka)
    assert report.clean, report
