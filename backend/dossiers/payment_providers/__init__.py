"""Who takes fees online: the interface of a payment provider, and the one that settings choose."""

from backend.dossiers.payment_providers.base import PaymentProvider
from backend.dossiers.payment_providers.sandbox import Sandbox
from backend.settings import settings


def chosen() -> PaymentProvider | None:
    """The provider that new payments go to, None where fees are paid at the desk only."""
    return named(settings().payment_provider)


def named(name: str) -> PaymentProvider | None:
    """The provider of this name, None where it is not in use here. The sandbox never is in production."""
    if name == Sandbox.name and name == settings().payment_provider and settings().environment != "production":
        return Sandbox()
    return None
