"""The analytics flow: messages in, exact rows and a dense log out.

source ── read ── decode ── fold ── write ──► one Postgres transaction:
                                              application_analytics, applications,
                                              event_log, dead_letters, position
"""

import gc
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from flows import engine
from flows.claims import Claims
from flows.inputs import PartitionsInput
from flows.partition import Folded, Partition, Piece
from flows.sinks import TransactionSink
from flows.sources import source_of
from models.decoder import decode
from models.instant import US_PER_SECOND
from models.settings import Settings

_SWITCH_INTERVAL_S = 0.0005


def dataflow(
    partitions: Mapping[int, Partition], poll: timedelta, tend: Callable[[], None] = lambda: None
) -> Dataflow:
    """The picture above; each partition is read, folded and written in one process. `tend` is
    called before each reading and may change which partitions there are."""
    flow = Dataflow("analytics")
    pieces = op.input("read", flow, PartitionsInput(partitions, poll, tend))
    decoded = op.map("decode", pieces, decode_piece)
    folded = op.filter_map("fold", decoded, lambda piece: fold_piece(partitions, piece))
    op.output("write", folded, TransactionSink(partitions))
    return flow


def decode_piece(piece: Piece) -> Piece:
    """Each message judged by itself."""
    piece.decoded = [
        (message, decode(message.payload, message.recorded_at)) for message in piece.messages
    ]
    piece.messages = []
    return piece


def fold_piece(partitions: Mapping[int, Partition], piece: Piece) -> Folded | None:
    """The piece's effect on its applications; None for one of a partition handed over."""
    partition = partitions.get(piece.partition)
    return None if partition is None else partition.fold(piece)


def now_us() -> int:
    """The clock, in microseconds since 1970."""
    return time.time_ns() * US_PER_SECOND // 1_000_000_000


def run(settings: Settings, url: str) -> None:
    """Claim this process's share of the source's partitions and run until killed.

    Raises AlreadyRunning when other processes need no help; Fenced when one took a partition
    over; PositionLost when the source no longer has what would be read next.
    """
    source = source_of(settings, url, now_us)

    def claim(index: int) -> Partition:
        return Partition(settings, url, index, now_us, source=source, patience_s=0)

    claims = Claims(url, source, claim)
    # Lean structs make no cycles, so collecting would only cost; the writer's thread must
    # get the interpreter back soon after each of its waits for Postgres.
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    poll = timedelta(milliseconds=settings.poll_ms)
    engine.run(dataflow(claims.owned, poll, claims.tend))
