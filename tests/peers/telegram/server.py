"""The Bot API over HTTP, the file server beside it, and `/control/…` by which people are played."""

import email
import email.policy
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from tests.peers.telegram.world import Fault, Refused, World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
AGAIN_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Between two tries of a webhook; Telegram takes minutes."""
PATIENCE_SECONDS = 30.0


def serve(world: World, port: int = 0) -> ThreadingHTTPServer:
    """A server on loopback, not running yet; `server_port` is its port."""

    class Handler(_Handler):
        pass

    Handler.world = world
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=_tell, args=(world,), daemon=True).start()
    return server


def _tell(world: World) -> None:
    """Send what waits to the webhook, one after the other, each until it is taken."""
    with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, verify=False) as client:
        tries = 0
        while True:
            with world.lock:
                while not (world.webhook["url"] and world.waiting):
                    world.lock.wait()
                update, webhook = world.waiting[0], world.webhook
            problem = _post(client, webhook, update)
            with world.lock:
                if not problem and world.waiting and world.waiting[0] is update:
                    world.waiting.popleft()
                if problem:
                    world.webhook_errors.append(problem)
            tries = tries + 1 if problem else 0
            if problem:
                time.sleep(AGAIN_SECONDS[min(tries, len(AGAIN_SECONDS)) - 1])


def _post(client: httpx.Client, webhook: dict[str, Any], update: dict[str, Any]) -> str:
    """What went wrong, "" where it was taken."""
    secret = webhook.get("secret_token", "")
    try:
        answer = client.post(webhook["url"], json=update, headers={SECRET_HEADER: secret} if secret else {})
    except httpx.HTTPError as error:
        return type(error).__name__
    return "" if answer.is_success else f"Wrong response from the webhook: {answer.status_code}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: World

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._serve(body)

    def do_GET(self) -> None:
        self._serve(b"")

    def _serve(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        bot, file = f"/bot{self.world.token}/", f"/file/bot{self.world.token}/"
        if path.startswith("/control/"):
            self._control(path.removeprefix("/control/"), json.loads(body or b"{}"))
        elif path.startswith(file):
            self._file(unquote(path.removeprefix(file)))
        elif path.startswith(bot):
            self._call(path.removeprefix(bot), body)
        else:
            self._answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})

    def _call(self, method: str, body: bytes) -> None:
        sent, files, names = self._parameters(body)
        with self.world.lock:
            fault = self.world.fault(method)
            status, answer = 200, {}
            if fault is None or fault.taken:
                status, answer = self._take(method, sent, files, names)
        if fault is not None:
            time.sleep(fault.hang)
            if fault.drop:
                self.close_connection = True
                return
            if fault.status:
                status = fault.status
                answer = {"ok": False, "error_code": status, "description": "Fault"}
                if fault.retry_after:
                    answer["parameters"] = {"retry_after": fault.retry_after}
        self._answer(status, answer)

    def _take(self, method: str, sent: Any, files: Any, names: Any) -> tuple[int, dict[str, Any]]:
        try:
            return 200, {"ok": True, "result": self.world.take(method, sent, files, names)}
        except Refused as refused:
            answer: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
            if refused.retry_after:
                answer["parameters"] = {"retry_after": refused.retry_after}
            return refused.code, answer

    def _parameters(self, body: bytes) -> tuple[dict[str, Any], dict[str, bytes], dict[str, str]]:
        """Fields, files and their names, from any of the ways in which the Bot API takes them."""
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            return json.loads(body), {}, {}
        if not kind.startswith("multipart/form-data"):
            query = body.decode() or urlsplit(self.path).query
            return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}, {}, {}
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        parts = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        fields: dict[str, Any] = {}
        files: dict[str, bytes] = {}
        names: dict[str, str] = {}
        for part in parts.iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            if part.get_filename() is None:
                fields[name] = data.decode()
            else:
                files[name], names[name] = data, str(part.get_filename())
        for name, value in list(fields.items()):  # attach://part names a file of the same call
            if value.startswith("attach://"):
                part_name = fields.pop(name).removeprefix("attach://")
                files[name], names[name] = files.pop(part_name), names.pop(part_name)
        return fields, files, names

    def _file(self, path: str) -> None:
        with self.world.lock:
            found = next((file["data"] for file in self.world.files.values() if file["path"] == path), None)
        if found is None:
            self._answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
            return
        self._raw(200, found, "application/octet-stream")

    def _control(self, what: str, asked: dict[str, Any]) -> None:
        world = self.world
        with world.lock:
            match what:
                case "seen":
                    answer: Any = world.seen()
                case "say":
                    answer = world.says(asked["user"], asked["content"])
                case "press":
                    try:
                        answer = world.press(
                            asked["user"], asked["wanted"], with_message=asked.get("with_message", True)
                        )
                    except KeyError:
                        answer = None
                case "block":
                    answer = world.member(asked["user"], blocked=asked["blocked"])
                case "update":
                    answer = world.update(asked["content"], asked.get("update_id"))
                case "file":
                    answer = world.keep_file(bytes.fromhex(asked["hex"]), asked["name"])
                case "fault":
                    world.faults += [Fault(**asked)]
                    answer = True
                case "limit":
                    world.limited = asked["limited"]
                    answer = True
                case _:
                    answer = None
        self._answer(200, answer)

    def _answer(self, status: int, answer: Any) -> None:
        self._raw(status, json.dumps(answer, ensure_ascii=False).encode(), "application/json")

    def _raw(self, status: int, data: bytes, kind: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):  # the bot did not wait
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass
