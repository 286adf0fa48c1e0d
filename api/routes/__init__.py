"""Every router of the API, in the order of the document. A new one is added here."""

from fastapi import APIRouter

from api.routes import health, me

ROUTERS: tuple[APIRouter, ...] = (health.router, me.router)
