"""Who carries parcels: the interface of a carrier, and the one that settings choose."""

from backend.dossiers.carriers.base import Carrier
from backend.dossiers.carriers.sandbox import Sandbox
from backend.settings import settings


def named(name: str) -> Carrier | None:
    """The carrier of this name, None where it is not in use here. The sandbox never is in production."""
    if name == Sandbox.name and settings().environment != "production":
        return Sandbox()
    return None
