"""Server-Sent Events on the wire. Whatever is in the data, it is one frame of one data line.

`data` is JSON, in which a raw CR or LF can only be space between tokens; a space means the
same. Names and ids lose control characters, which no frame could carry.
"""

HEARTBEAT = "heartbeat"
RESET = "reset"
SNAPSHOT = "snapshot"
COUNTERS = "counters"

_SPACES = str.maketrans("\r\n\0", "   ")
_NONE = str.maketrans("", "", "\r\n\0")


def frame(event: str, data: str, id: str | None = None) -> bytes:
    """One frame; without an `id` a client keeps the one it had."""
    if "\n" in data or "\r" in data or "\0" in data:
        data = data.translate(_SPACES)
    head = "" if id is None else f"id: {id.translate(_NONE)}\n"
    return f"{head}event: {event.translate(_NONE)}\ndata: {data}\n\n".encode(errors="replace")


def heartbeat(id: str) -> bytes:
    """Moves the client's cursor on, though nothing of interest to it happened.

    With data, since the clients of npm's `eventsource` keep no id of a frame without
    (docs/decisions/live-feed.md).
    """
    return frame(HEARTBEAT, "{}", id)


def retry(milliseconds: int) -> bytes:
    """How long a client that lost us waits before it comes back."""
    return f"retry: {milliseconds}\n\n".encode()
