"""Within a process that is to die: waits for its point."""

import os
import signal
import sys
import threading


class Executioner:
    """Takes an order at the beginning, more from standard input: `SIGKILL 2 POINT` is to die
    at the second time from now that the point is passed, `LIST` to name on standard output all
    points passed so far.

    Its last words on standard output are `open POINT` or `shut POINT`: whether a transaction
    was open there.
    """

    def __init__(self, order: str = "") -> None:
        self._armed = ("", 0, signal.SIGKILL)
        self._passed: dict[str, bool] = {}
        if order:
            self._arm(order)
        threading.Thread(target=self._listen, daemon=True).start()

    def __call__(self, point: str, is_open: bool) -> None:
        self._passed[point] = is_open
        awaited, left, how = self._armed
        if point != awaited:
            return
        self._armed = ("" if left == 1 else point, left - 1, how)
        if left == 1:
            os.write(1, f"{'open' if is_open else 'shut'} {point}\n".encode())
            os.kill(os.getpid(), how)

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() == "LIST":
                os.write(1, (",".join(self._passed) + "\n").encode())
                continue
            self._arm(line.strip())

    def _arm(self, order: str) -> None:
        signal_name, number, point = order.split(" ", 2)
        self._armed = point, int(number), signal.Signals[signal_name]
