"""Whatever it carries, a frame is one frame, and its JSON means the same."""

import json

from hypothesis import given
from hypothesis import strategies as st

from api.stream import frames

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
breaks = st.text("\r\n\0 \u2028\x85", max_size=5)


def dispatched(encoded: bytes) -> list[tuple[str, str, str]]:
    """Id, event and data of each event, by the standard's rules: CR, LF and CRLF end a line."""
    found = []
    last_id = event = ""
    data: list[str] = []
    text = encoded.decode().replace("\r\n", "\n").replace("\r", "\n")
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                found.append((last_id, event, "\n".join(data)))
            event, data = "", []
        elif name == "id" and "\0" not in value:
            last_id = value
        elif name == "event":
            event = value
        elif name == "data":
            data.append(value)
    return found


@given(values, st.text(), st.text(), breaks, st.sampled_from([None, 1]))
def test_one_frame_whatever_it_carries(
    value: object, event: str, id: str, between: str, indent: int | None
) -> None:
    spaces = between.replace("\0", "").replace("\u2028", "").replace("\x85", "")
    data = spaces + json.dumps(value, ensure_ascii=False, indent=indent) + spaces
    [(got_id, got_event, got_data)] = dispatched(frames.frame(f"e{event}", data, f"i{id}"))
    assert json.loads(got_data) == json.loads(data.encode(errors="replace"))
    assert got_event[0] == "e"
    assert got_id[0] == "i"
    for text in (got_event, got_id):
        assert not set(text) & set("\r\n\0")


@given(st.text(), st.text(), st.text())
def test_two_frames_stay_two(one: str, two: str, id: str) -> None:
    joined = frames.frame("a", f"x{one}", f"1{id}") + frames.frame("b", f"y{two}", f"2{id}")
    assert [event for _, event, _ in dispatched(joined)] == ["a", "b"]


def test_a_heartbeat_is_dispatched_with_its_id() -> None:
    assert dispatched(frames.heartbeat("c1")) == [("c1", "heartbeat", "{}")]


def test_without_an_id_the_one_before_stays() -> None:
    encoded = frames.frame("a", "1", "c1") + frames.frame("reset", "2")
    assert dispatched(encoded) == [("c1", "a", "1"), ("c1", "reset", "2")]
