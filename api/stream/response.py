"""The HTTP side of a stream: headers, a bound on how long a send may take, and clean-up."""

import logging
from collections.abc import AsyncIterator, Callable

from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Receive, Scope, Send

log = logging.getLogger(__name__)

SEND_TIMEOUT_S = 20.0
_HEADERS = {"Cache-Control": "no-store, no-transform"}


class StreamResponse(EventSourceResponse):
    """Encoded frames as they come; `close` is called whatever ends the stream.

    A client that takes nothing for 20 s is cut. Heartbeats are frames of the stream itself,
    since they carry a cursor: sse-starlette's pings are off.
    """

    def __init__(self, frames: AsyncIterator[bytes], close: Callable[[], None]) -> None:
        super().__init__(frames, headers=_HEADERS, ping=0, sep="\n", send_timeout=SEND_TIMEOUT_S)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the client, the stream or the server ends."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("a stream was cut: its client took nothing for %s s", SEND_TIMEOUT_S)
            _abort(scope)
        finally:
            self._close()


def _abort(scope: Scope) -> None:
    """Drop the connection at once: a close would wait for the client to take the rest.

    ASGI has no word for it, so `api/edge.py` keeps uvicorn's transport.
    """
    transport = scope.get("state", {}).get("transport")
    if transport is not None:
        transport.abort()
