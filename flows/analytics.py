"""The analytics flow: messages in, exact rows and a dense log out.

outbox ── read ── decode ── fold ── write ──► one Postgres transaction:
                                              application_analytics, applications,
                                              event_log, dead_letters, position
"""

import gc
import sys
import time
from collections.abc import Mapping
from datetime import timedelta

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from flows import engine
from flows.partition import Folded, Partition, Piece
from flows.sinks import TransactionSink
from flows.sources import OutboxSource
from models.decoder import decode
from models.instant import US_PER_SECOND
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.outbox import partition_count

_SWITCH_INTERVAL_S = 0.0005


def dataflow(partitions: Mapping[int, Partition], poll: timedelta) -> Dataflow:
    """The picture above; each partition is read, folded and written in one process."""
    flow = Dataflow("analytics")
    pieces = op.input("read", flow, OutboxSource(partitions, poll))
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
    """The piece's effect on its applications."""
    return partitions[piece.partition].fold(piece)


def now_us() -> int:
    """The clock, in microseconds since 1970."""
    return time.time_ns() * US_PER_SECOND // 1_000_000_000


def run(settings: Settings, url: str) -> None:
    """Own every partition of the embedded log and run until killed.

    Raises AlreadyRunning when another flow has one; Fenced when another took one over.
    """
    with connect(url, autocommit=True) as connection:
        count = partition_count(connection)
    partitions = {index: Partition(settings, url, index, now_us) for index in range(count)}
    # Lean structs make no cycles, so collecting would only cost; the writer's thread must
    # get the interpreter back soon after each of its waits for Postgres.
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    engine.run(dataflow(partitions, timedelta(milliseconds=settings.poll_ms)))
