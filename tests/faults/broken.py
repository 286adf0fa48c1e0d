"""Three wrong ways to write a batch, kept to show that the suite finds them.

Each is the real `storage.postgres.batch.write` with a statement spoilt on its way.
"""

from typing import Any

from flows.partition import Write
from storage.postgres import batch
from storage.postgres.connect import Connection
from tests.faults.hooked import Hook, Rewrite, hook

_SPOILT: dict[str, Rewrite] = {
    "whole": {},
    # Messages are taken and the position moves in a transaction before that of the rows.
    "position_first": {},
    # Rows are overwritten at whatever revision they are.
    "unguarded": {
        "batch.update_changed": ("AND row.revision = staging.revision - 1", ""),
    },
    # Whoever once owned the partition goes on writing.
    "unfenced": {
        "batch.advance": ("epoch = $3", "$3::bigint IS NOT NULL"),
    },
}
BROKEN = [name for name in _SPOILT if name != "whole"]


def nobody(point: str, is_open: bool) -> None:
    """Where nobody listens."""


def write(variant: str = "whole", told: Hook = nobody) -> Write:
    """The variant as `Partition` takes it; `told` hears of its statements."""
    rewrite = _SPOILT[variant]

    def spoilt(connection: Connection, place: batch.Place, prepared: Any) -> bool:
        extra = {}
        if variant == "position_first":
            taken = (batch.OUTBOX.delete, (prepared.places,))
            extra["batch.advance"] = [taken, ("COMMIT AND CHAIN", None)]
        hook(connection, told, rewrite, extra)
        return batch.write(connection, place, prepared)

    return spoilt
