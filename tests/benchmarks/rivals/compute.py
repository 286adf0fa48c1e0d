"""The flow without Postgres: decode, judge, fold and encode batches, state held in memory."""

import gc
import json
import sys
import time
from pathlib import Path

from flows.analytics import now_us
from models.batch import Held, Message
from models.decoder import decode
from models.intake import Intake
from models.settings import Settings
from storage.postgres.encoding import Encoder

_RUN = bytes(16)
_PIECE = 5_000


def main(path: Path) -> dict[str, float]:
    """Events per second; reading the file is not counted."""
    now = now_us()
    with path.open("rb") as file:
        messages = [
            Message(place, _RUN, now, line.rstrip(b"\n")) for place, line in enumerate(file)
        ]
    held: dict[str, Held] = {}
    size: int = Settings.model_fields["batch_events"].default
    next_offset = 0
    gc.freeze()
    gc.disable()
    began = time.perf_counter()
    for start in range(0, len(messages), size):
        next_offset = _batch(messages[start : start + size], held, next_offset)
    took_s = time.perf_counter() - began
    return {"events_per_s": len(messages) / took_s}


def _batch(messages: list[Message], held: dict[str, Held], first_offset: int) -> int:
    intake, encoder = Intake(), Encoder(0, first_offset)
    for start in range(0, len(messages), _PIECE):
        piece = messages[start : start + _PIECE]
        decoded = [(message, decode(message.payload, message.recorded_at)) for message in piece]
        encoder.add([message.offset for message in piece], intake.add(decoded, held))
    batch = intake.finish(now_us())
    prepared = encoder.finish(batch)
    held.update(batch.changed)
    return prepared.first_offset + prepared.log_count


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
