"""The HTTP of this Zalo: its interface, the sender of webhooks with its ladder of repetitions, and `/control/…`."""

import json
import threading
import time
from typing import Any

import httpx
from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.peers.zalo import rules
from tests.peers.zalo.world import Fault, Refusal, Template, World, encoded, signed


class Hooks:
    """Sends events; repeats those that were not answered 200 in time, as 1.1 says, `pace` times as fast."""

    def __init__(self, world: World, url: str, secret: str, pace: float) -> None:
        self.world, self.url, self.secret, self.pace = world, url, secret, pace
        self.enabled = True
        self.log: list[dict[str, Any]] = []
        self._http = httpx.Client(timeout=rules.ANSWER_SECONDS, trust_env=False)

    def send(self, body: dict[str, Any]) -> int:
        """Now, and when that fails later again in the background; the status of the first try, 0 for none."""
        raw = encoded(body)
        status = self._try(raw, body, 0)
        if status != 200:
            threading.Thread(target=self._repeat, args=(raw, body), daemon=True).start()
        return status

    def _repeat(self, raw: bytes, body: dict[str, Any]) -> None:
        for number, seconds in enumerate(rules.RETRY_AFTER, 1):
            time.sleep(seconds / self.pace)
            if self._try(raw, body, number) == 200:
                return
        self.enabled = False

    def _try(self, raw: bytes, body: dict[str, Any], number: int) -> int:
        if not self.enabled or not self.url:
            return 0
        headers = {"Content-Type": "application/json"}
        headers["X-ZEvent-Signature"] = signed(self.world.app_id, raw, body["timestamp"], self.secret)
        if number:
            headers["num_retry"] = str(number)
        started = time.perf_counter()
        try:
            status = self._http.post(self.url, content=raw, headers=headers).status_code
        except httpx.HTTPError:
            status = 0
        seconds = time.perf_counter() - started
        self.log.append({"event": body["event_name"], "status": status, "seconds": seconds, "num_retry": number})
        return status


class Handler(WSGIRequestHandler):
    """Zalo's names of headers have underscores, which WSGI servers leave out; here they are kept beside the others."""

    def make_environ(self) -> dict[str, Any]:
        return super().make_environ() | {
            f"zalo.{name}": self.headers.get(name, "") for name in ("access_token", "secret_key")
        }


def build(world: World, hooks: Hooks) -> Flask:
    """The application."""
    app = Flask("zalo", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    files: dict[str, bytes] = {}
    _interface(app, world)
    _control(app, world, hooks, files)

    @app.get("/files/<path:name>")
    def file(name: str) -> Response | tuple[str, int]:
        return Response(files[name], mimetype="application/octet-stream") if name in files else ("", 404)

    return app


def _interface(app: Flask, world: World) -> None:
    @app.post("/v4/oa/access_token")
    def token() -> Any:
        return _answer(world, lambda: world.exchange(request.form.to_dict(), request.environ["zalo.secret_key"]), None)

    def route(method: str, path: str, what: Any, code: int = rules.BAD_TOKEN) -> None:
        def view() -> Any:
            return _answer(world, what, code)

        app.add_url_rule(path, path, view, methods=[method])

    route("POST", "/v3.0/oa/message/cs", lambda: world.send(_json()))
    route("POST", "/v3.0/oa/message/template", lambda: world.send_by_id(_json()))
    route("POST", "/v3.0/oa/quota/message", lambda: world.quota_of(_json().get("user_id", "")))
    route("POST", "/message/template", lambda: world.send_by_phone(_json()), rules.TEMPLATE_TOKEN)
    route("GET", "/template/info/v2", lambda: _info(world), rules.TEMPLATE_TOKEN)
    route("GET", "/message/quota", lambda: {"dailyQuota": "500", "remainingQuota": "500"}, rules.TEMPLATE_TOKEN)
    route("GET", "/v2.0/oa/getoa", lambda: {"oa_id": world.oa_id, "is_verified": True, "oa_type": 4})
    for kind in ("image", "file"):
        route("POST", f"/v2.0/oa/upload/{kind}", lambda kind=kind: _upload(world, kind))


def _json() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refusal(rules.BAD_PARAMETER, "body")
    return body


def _info(world: World) -> dict[str, Any]:
    template = world.template(request.args.get("template_id", ""))
    return {"templateId": template.id, "status": "ENABLE", "listParams": template.params}


def _upload(world: World, kind: str) -> dict[str, str]:
    sent = request.files.get("file")
    if sent is None:
        raise Refusal(rules.BAD_PARAMETER, "file")
    return world.upload(kind, sent.filename or "", sent.mimetype, sent.read())


def _answer(world: World, what: Any, code: int | None) -> Any:
    """HTTP 200 whatever happens, with `error`; `code` is that of a bad token, None where none is asked for."""
    with world.lock:
        fault = world.fault(request.path)
        world.calls.append({"path": request.path, "body": request.get_json(silent=True)})
    if fault and fault.seconds and not fault.after:
        time.sleep(fault.seconds)
    if fault and fault.status:
        return "", fault.status
    headers = {}
    with world.lock:
        try:
            if fault and fault.code:
                raise Refusal(fault.code)
            if code is not None:
                headers = {
                    "X-RateLimit-Limit": str(world.calls_a_minute),
                    "X-RateLimit-Remain": str(world.check_pace()),
                }
                world.check_token(request.environ["zalo.access_token"], code)
            data = what()
            body = data if code is None else {"data": data, "error": rules.OK, "message": "Success"}
        except Refusal as refusal:
            body = {"error": refusal.code, "message": refusal.message}
    if fault and fault.after:
        time.sleep(fault.seconds)
    response = jsonify(body)
    response.headers.update(headers)
    return response


def _control(app: Flask, world: World, hooks: Hooks, files: dict[str, bytes]) -> None:  # noqa: C901
    """What a test, or a person at the keyboard, plays."""

    @app.post("/control/<what>")
    def control(what: str) -> Any:
        asked = json.loads(request.get_data() or b"{}")
        return jsonify(acts[what](asked))

    def say(asked: dict[str, Any]) -> Any:
        with world.lock:
            name = asked.get("event", "user_send_text")
            content = {"message": {"msg_id": asked.get("msg_id") or world.new_id(), **asked["message"]}}
            body = world.event(name, asked["user"], **content)
        return {"status": hooks.send(body), "body": body}

    def event(asked: dict[str, Any]) -> Any:
        with world.lock:
            body = world.event(asked["event"], asked.get("user", ""), **asked.get("rest", {}))
        return {"status": hooks.send(body), "body": body}

    def inbox(asked: dict[str, Any]) -> Any:
        with world.lock:
            return world.person(asked["user"]).inbox

    def setting(asked: dict[str, Any]) -> Any:
        with world.lock:
            world.offset += asked.get("advance", 0)
            world.calls_a_minute = asked.get("calls_a_minute", world.calls_a_minute)
            hooks.url = asked.get("hook", hooks.url)
            for phone in asked.get("phones", []):
                world.phones[phone] = phone
            for one in asked.get("templates", []):
                world.templates[one["id"]] = Template(**one)
            for user, seconds in asked.get("last", {}).items():
                world.person(user).last = None if seconds is None else world.now() - seconds
            world.faults += [Fault(**one) for one in asked.get("faults", [])]
            if asked.get("kill_access"):
                world.access.clear()
            if asked.get("kill_refresh"):
                world.refresh.clear()
        return {}

    def seen(_: dict[str, Any]) -> Any:
        with world.lock:
            return {
                "calls": world.calls,
                "exchanges": world.exchanges,
                "by_phone": world.by_phone,
                "hooks": hooks.log,
                "enabled": hooks.enabled,
                "uploads": [kind for kind, _ in world.uploads.values()],
            }

    def keep(asked: dict[str, Any]) -> Any:
        files[asked["name"]] = bytes.fromhex(asked["hex"])
        return {"url": f"{request.host_url}files/{asked['name']}"}

    def consent(asked: dict[str, Any]) -> Any:
        with world.lock:
            return {"code": world.consent(asked["challenge"])}

    def pair(_: dict[str, Any]) -> Any:
        with world.lock:
            return world.pair()

    def again(asked: dict[str, Any]) -> Any:
        return {"status": hooks.send(asked["body"])}

    def reset(_: dict[str, Any]) -> Any:
        with world.lock:
            world.reset()
            hooks.log.clear()
        return {}

    acts = {
        "again": again,
        "reset": reset,
        "say": say,
        "event": event,
        "inbox": inbox,
        "set": setting,
        "seen": seen,
        "keep": keep,
        "consent": consent,
        "pair": pair,
    }


def serve(world: World, hooks: Hooks, port: int) -> BaseWSGIServer:
    """Listening on loopback, not yet serving."""
    return make_server("127.0.0.1", port, build(world, hooks), threaded=True, request_handler=Handler)
