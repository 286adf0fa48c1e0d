"""Log lines with the trace id of their request. No token, query string, e-mail or note in them."""

import logging

from api.edge import TraceFilter

_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(trace_id)s] %(message)s"


def configure(level: str) -> None:
    """Set the process's logging up; for the entry point only."""
    handler = logging.StreamHandler()
    handler.addFilter(TraceFilter())
    handler.setFormatter(logging.Formatter(_FORMAT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
