"""What a person sees of long work, on stderr."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from storage.postgres.ingest_runs import Counts


class Display:
    """Progress on stderr; a context manager."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._folding: TaskID | None = None
        self._told = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the last state on the screen."""
        self._progress.stop()

    def tell(self, sentence: str) -> None:
        """Print a new sentence for the person who waits."""
        if sentence != self._told:
            self._told = sentence
            if sentence:
                self._progress.console.print(sentence)

    def read(self, task: TaskID, position: int, received: int) -> None:
        """Show how far the reading is."""
        self._progress.update(task, completed=position, note=f"{received:,} messages")

    def done(self, task: TaskID) -> None:
        """Fill the bar, whatever its length was thought to be."""
        self._progress.update(task, total=self._progress.tasks[task].completed or 1)

    def add(self, name: str, size: int | None) -> TaskID:
        """A bar for one input; `size` in bytes, None where nobody knows."""
        return self._progress.add_task(name, total=size, note="")

    def folded(self, counts: Counts) -> None:
        """Show what the flow has made of it."""
        if self._folding is None:
            self._folding = self._progress.add_task("folded", total=None, note="")
        self._progress.update(
            self._folding,
            total=counts.received,
            completed=counts.received - counts.waiting,
            note=f"{counts.waiting:,} waiting",
        )
