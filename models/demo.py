"""Who the demo's people are: the candidate of the demo traffic, and somebody who analyses."""

from models.role import Role

DEMO_USER = "user_demo"
DEMO_ACCOUNTS = {Role.USER: DEMO_USER, Role.ANALYST: "analyst_demo"}
"""User ids that the page may sign in as in development."""
