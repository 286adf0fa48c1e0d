"""After how much silence an application shows as likely ghosted: as `/api/analytics/ghosted` has
it, looked up beside the requests, since reading one application never waits for the warehouse."""

from api.services.metrics import ghosted_after
from api.services.warehouse import Warehouse
from models.errors import WarehouseNotReady


class Ghosting:
    """Everybody's limit, of the newest version that was looked at."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.after_hours: float | None = None
        """None before the first look at a published warehouse."""

    async def refresh(self) -> None:
        """Look again. Raises Unavailable while too many ask, or when it takes too long."""
        try:
            self.after_hours, _ = await self._warehouse.ask(ghosted_after)
        except WarehouseNotReady:
            return
