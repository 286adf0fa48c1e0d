"""Back from a topic to an outbox of fewer partitions: nothing stays with one that nobody reads."""

from flows.analytics import now_us
from flows.partition import Partition
from flows.reset import reset
from flows.sources import source_of
from flows.verify import verify
from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import step
from tests.kafka.driving import fold_all, produce, until
from tests.platform.driving import event

_LEFT = "SELECT (SELECT count(*) FROM rescores) + (SELECT count(*) FROM entity_stale)"


def test_what_waits_for_a_partition_of_the_topic_is_seen_to(
    kafka: Settings, settings: Settings, database: str
) -> None:
    produce(kafka, ({"value": event(n), "partition": n} for n in range(3)))
    fold_all(kafka, database)
    with connect(database) as connection:
        connection.execute("INSERT INTO rescores VALUES ('app_1', 1), ('app_2', 2)")
        connection.execute("INSERT INTO entity_stale VALUES ('app_1', 1), ('app_2', 2)")
    assert reset(database, source_of(settings, database, now_us), "latest", None) == {0: 0}
    with connect(database, autocommit=True) as connection:
        sources = connection.execute("SELECT DISTINCT source FROM flow_positions").fetchall()
        assert sources == [("outbox",)]
        partition = Partition(settings, database, 0, now_us)
        try:
            until(
                lambda: not step(partition) and connection.execute(_LEFT).fetchone() == (0,),
                "the first partition's owner has seen to them",
            )
        finally:
            partition.close()
    report = verify(database)
    assert report.clean, report
