"""The decoder's quick way takes no line on which its careful way says anything else."""

import json
import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models.decoder import _decode_plain, decode, decode_carefully
from tests.contract.building import NOW
from tests.contract.generated import damaged_lines, events

UNHURRIED = settings(
    max_examples=1_000,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
NUMBERS = [
    "1e400", "-1E+0400", "1e309", "1e308", "17976931348623157e292", "1.8e308", "1e-400", "-0",
    "-0.0", "0e99999", "0.0e400", "1.0", "2.5e1", "100.00000000000000000001", "1e00000000002",
    "9" * 250 + "e99", "9" * 250 + "e-99", "0." + "0" * 250 + "1e500", "9" * 308, "9" * 309,
    "9" * 99 + "e99", "1" + "0" * 99 + "e208", "1" + "0" * 99 + "e209", "9" * 310 + ".5",
    "-" + "9" * 400, "1." + "5" * 400, "01", "1.", ".5", "+1", "0x1", "NaN", "Infinity", "1e", "-",
    "9007199254740993", "18446744073709551616", "null", "true", "[1e999]", '{"a":1e999}',
]  # fmt: skip
STRINGS = [
    "", "x", r"\u0041", r"\u006a", r"\u0000", r"\ud83d\ude00", r"\ud83d", r"\uDE00",
    r"\uD83D\uDE00", r"\\u0000", r"\\\u0000", r"\/", r"\x", r"\u00", r"\"", "\t", "\x01",
    "\x7f", "\x00", r"\n", "[{", "]}", "9" * 320,
    "x" * 1_000, "x" * 1_001, r"\u00e9" * 1_000, "2026-03-02T09:00:00Z",
    r"2026-03-02T09:00:00\u005a",
    "2026-03-02T09:00:00.1234567890123z", "1e400",
]  # fmt: skip
_NAMES = "specversion id source type subject time userid data corrects retracts extension x".split()
_NUMBER = re.compile(rb"(?<=:)\s*-?\d[\d.eE+-]*")
_STRING = re.compile(rb'"[^"\\]*"')


@st.composite
def mutated_lines(draw: st.DrawFn) -> bytes:
    """A good line in which numbers, strings, names or bytes have been exchanged as text."""
    event: dict[str, Any] = draw(events())
    event["data"]["unknown"] = {"number": 1, "text": "x", "list": [2, {"deep": 3}]}
    line = json.dumps(event, separators=draw(st.sampled_from([(",", ":"), (", ", ": ")]))).encode()
    for _ in range(draw(st.integers(1, 2))):
        line = draw(st.sampled_from(_MUTATIONS))(draw, line)
    return line


def _exchange(draw: st.DrawFn, line: bytes, pattern: re.Pattern[bytes], by: str) -> bytes:
    found = list(pattern.finditer(line))
    if not found:
        return line
    place = draw(st.sampled_from(found))
    return line[: place.start()] + by.encode() + line[place.end() :]


def _number(draw: st.DrawFn, line: bytes) -> bytes:
    return _exchange(draw, line, _NUMBER, draw(st.sampled_from(NUMBERS)))


def _string(draw: st.DrawFn, line: bytes) -> bytes:
    return _exchange(draw, line, _STRING, f'"{draw(st.sampled_from(STRINGS))}"')


def _repeat(draw: st.DrawFn, line: bytes) -> bytes:
    """A key again, before or behind the first, or one that is spelt with an escape."""
    name = draw(st.sampled_from([*_NAMES, r"\u0069d", r"dat\u0061", r"tim\u0065"]))
    texts = st.sampled_from(STRINGS).map('"{}"'.format)
    value = draw(st.one_of(texts, st.sampled_from([*NUMBERS, "{}", "[]", '{"jobId":"j"}'])))
    member = f'"{name}":{value}'.encode()
    if draw(st.booleans()):
        return b"{" + member + b"," + line[1:]
    return line[:-1] + b"," + member + b"}"


def _edit(draw: st.DrawFn, line: bytes) -> bytes:
    place = draw(st.integers(0, len(line)))
    gone = draw(st.integers(0, 2))
    put = draw(
        st.sampled_from([b"", b" ", b"\n", b"\0", b"\\", b'"', b"{", b"]", b",", b"e9", b"0"])
    )
    return line[:place] + put + line[place + gone :]


_MUTATIONS = [_number, _string, _repeat, _edit]


def test_a_plain_line_goes_the_quick_way() -> None:
    line = (
        b'{"specversion":"1.0","id":"e","source":"s","type":"application.viewed_by_employer",'
        b'"subject":"a","time":"2026-03-02T09:00:00Z","userid":"u","data":{}}'
    )
    assert _decode_plain(line, NOW) is not None


@UNHURRIED
@given(mutated_lines())
@example(b"")
def test_both_ways_agree_on_mutated_lines(line: bytes) -> None:
    _agree(line)


@UNHURRIED
@given(damaged_lines())
def test_both_ways_agree_on_damaged_lines(line: bytes) -> None:
    _agree(line)


def _agree(line: bytes) -> None:
    careful = decode_carefully(line, NOW)
    quick = _decode_plain(line, NOW)
    if quick is not None:
        # By their text, so that -0.0 is not 0.0 and 1 not 1.0.
        assert repr(quick) == repr(careful), line[:400]
    assert repr(decode(line, NOW)) == repr(careful), line[:400]
