"""The HTTP side of a stream: headers, a bound on how long a send may take, and a clean end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_HEADERS = {"Cache-Control": "no-store, no-transform"}
_END_PATIENCE_S = 1.0
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class StreamResponse(EventSourceResponse):
    """Encoded frames as they come; `close` is called whatever ends the stream.

    A client that takes nothing for `send_timeout_s` is cut. Heartbeats are frames of the stream
    itself, since they carry a cursor: sse-starlette's pings are off.
    """

    def __init__(
        self, frames: AsyncIterator[bytes], close: Callable[[], None], send_timeout_s: float
    ) -> None:
        super().__init__(frames, headers=_HEADERS, ping=0, sep="\n", send_timeout=send_timeout_s)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the client, the stream or the server ends."""
        ended = False

        async def send_noting(message: Message) -> None:
            nonlocal ended
            await send(message)
            ended = message.get("more_body") is False

        try:
            await super().__call__(scope, receive, send_noting)
            if not ended:  # the server stops: clients see an end, not a broken connection
                async with asyncio.timeout(_END_PATIENCE_S):
                    await send(_END)
        except (SendTimeoutError, TimeoutError):
            log.info("a stream was cut: its client took nothing")
            await _abort(scope, receive)
        finally:
            self._close()


async def _abort(scope: Scope, receive: Receive) -> None:
    """Drop the connection at once: a close would wait for the client to take the rest.

    ASGI has no word for it, so `api/edge.py` keeps uvicorn's transport.
    """
    transport = scope.get("state", {}).get("transport")
    if transport is not None:
        transport.abort()
        async with asyncio.timeout(_END_PATIENCE_S):
            while (await receive())["type"] != "http.disconnect":
                pass
