"""The local broker's own matters."""

from storage.kafka.broker import cluster_id


def test_no_cluster_id_is_taken_for_an_option() -> None:
    ids = {cluster_id() for _ in range(2_000)}
    assert len(ids) == 2_000
    assert {len(one) for one in ids} == {22}
    assert [one for one in ids if one.startswith("-")] == []
