"""What is read at once is bounded in bytes too, and a reader of the log hears no notifications
that nobody takes from its connection."""

import pytest

from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.consumers import LogReader, behind
from storage.postgres.dead_letters import mark_copied, uncopied
from tests.flows.driving import drain, put

_LONG = 20_000
_LETTERS_BYTES, _PAGE_BYTES = 8 << 20, 32 << 20
_LINES = 2_000


def _fill_log(url: str, partitions: int) -> None:
    with connect(url) as connection:
        connection.execute(
            "INSERT INTO flow_positions (flow, partition, log_offset)"
            " SELECT 'analytics', generate_series(0, $1 - 1), $2"
            " ON CONFLICT (flow, partition) DO UPDATE SET log_offset = excluded.log_offset",
            (partitions, _LINES),
        )
        connection.execute(
            "INSERT INTO event_log SELECT partition, number, now(), now(), false, 'e' || number,"
            " 'app_1', 'u1', 'application.note_added', repeat('x', $3)"
            " FROM generate_series(0, $1 - 1) AS partition, generate_series(0, $2 - 1) AS number",
            (partitions, _LINES, _LONG),
        )


@pytest.mark.parametrize("several", [1, 2])
def test_a_page_of_the_log_ends_with_its_bytes(database: str, several: int) -> None:
    _fill_log(database, several)
    with connect(database, autocommit=True) as connection:
        reader, positions, read = LogReader(connection), {}, 0
        while page := reader.page(positions, 5_000):
            assert sum(len(line.payload) for line in page) <= _PAGE_BYTES + several * _LONG
            positions = behind(positions, page)
            read += len(page)
    assert read == several * _LINES
    assert positions == dict.fromkeys(range(several), _LINES)


def test_dead_letters_are_taken_by_their_bytes(database: str, settings: Settings) -> None:
    put(database, [b"x" * _LONG * 50] * 20)
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        taken = []
        while letters := uncopied(connection, 500):
            assert sum(len(letter.payload) for letter in letters) <= _LETTERS_BYTES + _LONG * 50
            taken += [letter.id for letter in letters]
            mark_copied(connection, [letter.id for letter in letters])
    assert len(taken) == len(set(taken)) == 20


def test_a_reader_of_the_log_listens_to_nothing(database: str) -> None:
    with connect(database, autocommit=True) as connection:
        LogReader(connection).page({}, 1)
        assert connection.execute("SELECT pg_listening_channels()").fetchall() == []
