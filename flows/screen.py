"""What `up` writes on the terminal."""

import os
import shutil
import sys

_LIVE_S = 1.0
_PLAIN_S = 10.0


class Screen:
    """Reports on lines of their own, figures on one line that is overwritten on a terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self.interval_s = _LIVE_S if self._terminal else _PLAIN_S

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(f"\r\x1b[K{text}\n" if self._terminal else f"{text}\n")

    def refresh(self, text: str) -> None:
        """The line of figures."""
        if self._terminal:
            # A line that wraps could not be overwritten.
            text = text[: shutil.get_terminal_size().columns - 1]
            self._write(f"\r\x1b[K{text}")
        else:
            self._write(f"{text}\n")

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:  # the terminal has gone; the product goes on
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
