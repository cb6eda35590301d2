"""Where payment providers call back, and the page of the sandbox provider."""

import secrets

import httpx
from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend import http
from backend.dossiers import payment_providers, payments
from backend.dossiers.payment_providers import sandbox
from backend.dossiers.payment_providers.base import Order
from backend.errors import MotCuaError, NotFound, TooLarge, Unavailable
from backend.organisation.access import public_form

blueprint = Blueprint("payments", __name__, template_folder="templates")
CALLBACK_SECONDS = 10.0


@blueprint.post("/payments/<provider>/callback")
@http.public("signed by the provider, over the raw bytes")
def callback(provider: str) -> ResponseReturnValue:
    """Take a provider's word on a payment; 200 also when it was told before."""
    body = request.get_data()
    if len(body) > payments.LARGEST_CALLBACK:
        raise TooLarge
    return {"outcome": payments.take_callback(provider, body, dict(request.headers))}


@blueprint.get("/sandbox/pay/<token>")
@public_form("outside production: a provider that takes no money")
def sandbox_page(token: str) -> str:
    """Pay or give up."""
    return render_template("public/sandbox.html", order=_order(token), problem="")


@blueprint.post("/sandbox/pay/<token>")
@public_form("outside production: a provider that takes no money")
def sandbox_pay(token: str) -> ResponseReturnValue:
    """Call back as a real provider would, over HTTP, and send the payer home."""
    order = _order(token)
    paid = request.form.get("choice") == "pay"
    body, headers = sandbox.callback(order, "paid" if paid else "failed", f"SB-{secrets.token_hex(12)}")
    try:
        address = f"{sandbox.Sandbox().origin}/payments/{sandbox.Sandbox.name}/callback"  # not what `Host` says
        httpx.post(address, content=body, headers=headers, timeout=CALLBACK_SECONDS).raise_for_status()
    except httpx.HTTPError:
        problem = "Chưa báo được cho hệ thống. Thử lại sau."
        return render_template("public/sandbox.html", order=order, problem=problem), Unavailable.status
    return redirect(order.back_url, 303)


def _order(token: str) -> Order:
    order = sandbox.order_of(token) if payment_providers.named(sandbox.Sandbox.name) else None
    if order is None:
        raise NotFound
    return order


@blueprint.errorhandler(MotCuaError)
def _refused(error: MotCuaError) -> ResponseReturnValue:
    if request.endpoint == "payments.callback":
        return {"error": {"code": error.code}}, error.status
    return render_template("public/error.html", message=error.message), error.status
