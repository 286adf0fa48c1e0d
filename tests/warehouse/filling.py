"""Warehouses for tests, made by the real flows of small stories."""

from collections.abc import Iterable
from pathlib import Path

from models.settings import Settings
from tests.flows.driving import drain, put
from tests.warehouse.driving import publish


def fill(settings: Settings, lines: Iterable[bytes]) -> Path:
    """Feed the events, fold them, publish what they add up to; the warehouse's folder."""
    url = str(settings.postgres_url)
    put(url, lines)
    drain(url, settings)
    publish(settings)
    return settings.warehouse_folder
