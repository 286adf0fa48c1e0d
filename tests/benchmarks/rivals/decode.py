"""The ceiling of any consumer: every line decoded and judged by itself, nothing kept."""

import gc
import json
import sys
import time
from pathlib import Path

from models.decoder import Rejected, decode
from models.instant import US_PER_SECOND


def main(path: Path) -> dict[str, float]:
    """Events decoded per second; reading the file is not counted."""
    with path.open("rb") as file:
        lines = [line.rstrip(b"\n") for line in file]
    now = time.time_ns() * US_PER_SECOND // 1_000_000_000
    gc.freeze()
    gc.disable()
    began = time.perf_counter()
    refused = 0
    for line in lines:
        refused += isinstance(decode(line, now), Rejected)
    took_s = time.perf_counter() - began
    if refused:
        raise RuntimeError(f"{refused} lines were refused")
    return {"events_per_s": len(lines) / took_s}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
