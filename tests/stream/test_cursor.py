"""A cursor survives the round trip, for its user and its log only, and nothing forges one."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api.stream import cursor
from api.stream.cursor import Cursor
from storage.postgres.event_log import Identity

LOG = Identity(UUID(int=1), b"k" * 32)
cursors = st.builds(
    Cursor,
    st.lists(st.integers(0, 2**63 - 1), max_size=64).map(tuple),
    st.integers(0, 2**32 - 1),
)


@given(cursors, st.text(min_size=1, max_size=128))
def test_round_trip(one: Cursor, user: str) -> None:
    text = cursor.write(one, LOG, user)
    assert cursor.read(text, LOG, user) == one
    assert text.isascii()
    assert text.isprintable()


def test_it_is_short() -> None:
    assert len(cursor.write(Cursor((1_000_000,), 1_772_442_000), LOG, "ada")) == 32


@given(cursors)
def test_another_user_log_or_key_gets_nothing(one: Cursor) -> None:
    text = cursor.write(one, LOG, "ada")
    assert cursor.read(text, LOG, "bob") is None
    assert cursor.read(text, Identity(UUID(int=2), LOG.cursor_key), "ada") is None
    assert cursor.read(text, Identity(LOG.id, b"x" * 32), "ada") is None


@given(cursors, st.data())
def test_any_changed_character_is_noticed(one: Cursor, data: st.DataObject) -> None:
    text = cursor.write(one, LOG, "ada")
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters())
    changed = text[:at] + other + text[at + 1 :]
    read = cursor.read(changed, LOG, "ada")
    # The last character of base64 has bits that mean nothing.
    assert read is None or (read == one and (changed == text or at == len(text) - 1))


@given(
    st.one_of(st.text(max_size=3_000), st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
)
def test_anything_else_is_no_cursor(text: str) -> None:
    assert cursor.read(text, LOG, "ada") is None
