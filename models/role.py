"""Who a caller is to the product."""

from enum import StrEnum


class Role(StrEnum):
    """A token carries exactly one."""

    USER = "user"
    ANALYST = "analyst"
    SERVICE = "service"
    ADMIN = "admin"
