"""The real relay as a process of its own that kills itself where it is told.

`python -m tests.kafka.dying_relay URL BOOTSTRAP PREFIX [POINT]`: named points lie around each of
its statements, COMMIT and the transaction in Kafka.
"""

import os
import signal
import sys
from collections.abc import Iterable

from flows.relay import Relay
from models.settings import Settings
from storage.kafka.publisher import Ends, Outgoing, Publisher
from tests.faults.hooked import hook

AMID_PRODUCE, AFTER_PRODUCE = "amid produce", "after produce"
POINTS = (
    AMID_PRODUCE,
    AFTER_PRODUCE,
    "after consumers.fence",
    "after outbox.delete",
    "before COMMIT",
    "amid COMMIT",
    "after COMMIT",
)


class _Dying:
    """The publisher, with points of its own."""

    def __init__(self, publisher: Publisher, die: "_Executioner") -> None:
        self._publisher = publisher
        self._die = die

    def publish(self, records: Iterable[Outgoing]) -> Ends:
        ends = self._publisher.publish(self._told(records))
        self._die(AFTER_PRODUCE, True)
        return ends

    def _told(self, records: Iterable[Outgoing]) -> Iterable[Outgoing]:
        for number, record in enumerate(records):
            yield record
            if number == 20:
                self._die(AMID_PRODUCE, True)


class _Executioner:
    def __init__(self, point: str) -> None:
        self._point = point

    def __call__(self, point: str, _is_open: bool) -> None:
        if point == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, bootstrap: str, prefix: str, point: str = "") -> None:
    """Relay until killed."""
    settings = Settings(postgres_url=url, kafka_bootstrap=bootstrap, kafka_prefix=prefix)
    relay = Relay(settings, url)
    die = _Executioner(point)
    relay._publisher = _Dying(relay._publisher, die)  # type: ignore[assignment]
    hook(relay._connection, die)
    relay.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
