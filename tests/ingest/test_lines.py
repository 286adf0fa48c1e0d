"""Lines in bounded memory: ends, blanks, gzip, over-long lines, input that breaks off."""

import gzip
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.lines import LINE_BYTES_KEPT, Input
from models.errors import UnreadableInput

BODY = st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b""))


def read(path: Path) -> list[bytes]:
    with Input(str(path)) as source:
        return [line for chunk in source.chunks() for line in chunk]


@given(
    bodies=st.lists(BODY, max_size=20), end=st.sampled_from([b"\n", b"\r\n"]), packed=st.booleans()
)
def test_every_line_that_is_not_blank_comes_out(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], end: bytes, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("lines") / "in"
    raw = end.join(bodies)
    path.write_bytes(gzip.compress(raw) if packed else raw)
    if raw[:2] == b"\x1f\x8b" and not packed:
        return
    assert read(path) == [body for body in bodies if body and not body.isspace()]


def test_an_over_long_line_is_cut_and_its_neighbours_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(
        b"before\n" + b"x" * (3 * LINE_BYTES_KEPT) + b"\nafter\n" + b"y" * (LINE_BYTES_KEPT + 1)
    )
    before, long, after, last = read(path)
    assert (before, after) == (b"before", b"after")
    assert long == b"x" * LINE_BYTES_KEPT
    assert last == b"y" * LINE_BYTES_KEPT


def test_what_comes_before_a_break_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "in.gz"
    lines = [os.urandom(32).hex().encode() for _ in range(20_000)]
    path.write_bytes(gzip.compress(b"\n".join(lines))[:-500])
    got: list[bytes] = []
    with Input(str(path)) as source, pytest.raises(UnreadableInput, match="cannot read on"):
        _collect(source, got)
    assert len(got) > 10_000
    assert got == lines[: len(got)]


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_file_that_cannot_be_opened_is_a_clear_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableInput, match="cannot read"):
        Input(str(tmp_path / name))


def test_a_pipe_that_pauses_has_its_lines_sent_on(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with Input("-") as source:
            os.write(writing, b"one\ntwo\nthr")
            chunks = source.chunks()
            assert next(chunks) == [b"one", b"two"]
            threading.Thread(target=lambda: (os.write(writing, b"ee\n"), os.close(writing))).start()
            assert list(chunks) == [[b"three"]]


def test_a_named_pipe_is_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    thread = threading.Thread(target=lambda: path.write_bytes(b"one\ntwo"))
    thread.start()
    assert read(path) == [b"one", b"two"]
    thread.join()


def _collect(source: Input, into: list[bytes]) -> None:
    for chunk in source.chunks():
        into += chunk
