"""`python -m actions`: the action server, on the loopback address only. `GET /health` answers when it is ready.

Everything else asks for `Authorization: Bearer INTERNAL_TOKEN`, which Rasa sends (endpoints.yml): who may call an
action may speak for any conversation.

It is one process with one event loop on purpose: actions only wait for the backend, and a second Python start would
double the time until the first answer.
"""

import hmac
import logging
import warnings
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from actions.backend_api import BackendError
from actions.settings import settings

HOST = "127.0.0.1"
OPEN_PATHS = {"/health"}
QUIET = ("rasa_sdk", "sanic.root", "sanic.server", "sanic.access", "httpx", "httpcore")
log = logging.getLogger("actions")


class Executor(ActionExecutor):  # type: ignore[misc]  # rasa-sdk has no types
    """Runs actions. They never read the domain, so Rasa need not send it (`enable_selective_domain: true`)."""

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any]:
        """The SDK would refuse a call without a domain; ours is empty."""
        return {}

    async def run(self, action_call: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Run the action; its failure is logged by ids only, and answered without the tracker it was called with."""
        try:
            return await super().run(action_call, *args, **kwargs)
        except ActionNotFoundException:
            raise
        except Exception as error:
            log.error(
                "action failed: action=%s conversation=%s message=%s error=%s",
                action_call.get("next_action"),
                action_call.get("sender_id"),
                (action_call.get("tracker") or {}).get("latest_message", {}).get("message_id"),
                error if isinstance(error, BackendError) else type(error).__name__,
                exc_info=None if isinstance(error, BackendError) else error,
            )
            raise ActionFailed(type(error).__name__) from None


def is_ours(authorization: str | None) -> bool:
    """Whether the header carries our token; takes as long whatever it carries."""
    expected = f"Bearer {settings().internal_token.get_secret_value()}"
    return hmac.compare_digest((authorization or "").encode("utf-8", "replace"), expected.encode())


class ActionFailed(Exception):
    """An action raised; Rasa gets a 500 and the turn is asked again."""


def build() -> "Sanic[Any, Any]":
    """The Sanic app with every action of this package registered."""
    executor = Executor()
    executor.register_package("actions")
    app: Sanic[Any, Any] = create_app(executor, cors_origins=[])
    app.config.update(KEEP_ALIVE_TIMEOUT=75, ACCESS_LOG=False)

    @app.on_request
    async def only_rasa(request: Request) -> HTTPResponse | None:
        if request.path in OPEN_PATHS or is_ours(request.headers.get("Authorization")):
            return None
        return json({"error": "unauthenticated"}, status=401)

    @app.on_response  # type: ignore[untyped-decorator]  # sanic
    async def without_the_tracker(_request: Request, response: HTTPResponse) -> HTTPResponse | None:
        # The SDK's 500 repeats the request, with all that the citizen wrote; Rasa would log it.
        return json({"error": "the action failed"}, status=500) if response.status >= 500 else None

    return app


def main() -> None:
    """Serve until stopped."""
    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # A current SDK with Rasa 3.6 is on purpose (docs/dependencies.md); said once here, not at every first call.
    warnings.filterwarnings("ignore", message="Your versions of rasa and rasa_sdk")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("rasa_sdk.endpoint").setLevel(logging.CRITICAL)  # it logs requests; `Executor` logs failures
    app = build()
    log.info("listening on %s:%s", HOST, settings().actions_port)
    app.run(host=HOST, port=settings().actions_port, single_process=True, motd=False, access_log=False)


if __name__ == "__main__":
    main()
