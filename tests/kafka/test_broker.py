"""The local broker's own matters."""

from pathlib import Path

from storage.kafka.broker import cluster_id
from tests.interrupted import left_behind
from tests.kafka.conftest import need_kafka


def test_no_cluster_id_is_taken_for_an_option() -> None:
    ids = {cluster_id() for _ in range(2_000)}
    assert len(ids) == 2_000
    assert {len(one) for one in ids} == {22}
    assert [one for one in ids if one.startswith("-")] == []


def test_a_signal_as_it_is_started_leaves_none_behind(tmp_path: Path) -> None:
    need_kafka()
    assert left_behind("kafka", tmp_path / "kafka", "kafka.Kafka") == []
