"""The network between clients and a broker of their own: a loopback proxy that can cut, delay,
refuse, or swallow what it is given."""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.kafka.broker import Broker, free_port

_CHUNK = 1 << 16
_RESET = struct.pack("ii", 1, 0)


class Link:
    """Carries what comes to `port` on to `target`.

    `carried` and `swallowed` (bytes), `refused` and `cuts` (times) tell what happened so far.
    """

    def __init__(self) -> None:
        self.target = 0
        self.carried = self.swallowed = self.refused = self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._cut_at: int | None = None
        self._delay_s = 0.0
        self._refuses = self._swallows = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, count: int) -> None:
        """Reset all connections within the message that carries so many more bytes."""
        self._cut_at = self.carried + count

    @contextmanager
    def delayed(self, seconds: float) -> Iterator[None]:
        """Each piece comes so much later."""
        self._delay_s = seconds
        yield
        self._delay_s = 0.0

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """No connection holds."""
        self._refuses = True
        self._cut()
        yield
        self._refuses = False

    @contextmanager
    def half_open(self) -> Iterator[None]:
        """Connections stay, and nothing comes through; at the end they are reset."""
        self._swallows = True
        yield
        self._swallows = False
        self._cut()

    def close(self) -> None:
        """Carry nothing more."""
        self._listener.close()
        self._cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            if self._refuses:
                self.refused += 1
                client.close()
                continue
            try:
                broker = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            broker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with self._lock:
                self._ends |= {client, broker}
            for source, sink in ((client, broker), (broker, client)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(_CHUNK):
                if self._swallows:
                    self.swallowed += len(piece)
                    continue
                time.sleep(self._delay_s)
                left = len(piece) if self._cut_at is None else self._cut_at - self.carried
                sink.sendall(piece[: max(0, left)])
                self.carried += len(piece)
                if left < len(piece):
                    self._cut()
        with self._lock:
            self._ends -= {source, sink}
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)  # wakes who reads from it
            end.close()

    def _cut(self) -> None:
        self._cut_at = None
        self.cuts += 1
        with self._lock:
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RD)


class FarBroker(Broker):
    """A broker that clients reach by the link only, which is the address that they are told; what
    it asks itself goes another way."""

    def __init__(self, folder: Path, cache: Path, link: Link) -> None:
        super().__init__(folder, cache, durable=False)
        self._link = link

    def address(self) -> str:
        """Its own side of the link."""
        return super().address().partition(",")[0]

    def _configure(self) -> None:
        super()._configure()
        self._link.target = free_port(0)
        far = {
            "listeners": f"FAR://127.0.0.1:{self._link.target}",
            "advertised.listeners": f"FAR://127.0.0.1:{self._link.port}",
            "listener.security.protocol.map": "FAR:PLAINTEXT",
        }
        text = self._properties.read_text()
        for name, more in far.items():
            text = re.sub(rf"^{name}=.*$", rf"\g<0>,{more}", text, flags=re.MULTILINE)
        self._properties.write_text(text)
