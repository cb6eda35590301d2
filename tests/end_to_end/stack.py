"""The real processes on free ports with data of their own, started from the Procfile, for tests, demo and benchmark."""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from backend import database
from backend.messaging.models import Message
from backend.settings import ROOT

PROCESSES = ("web", "sms", "chat", "worker", "actions", "rasa")
TWILIO_TOKEN = "end-to-end-twilio-token"
TWILIO_ACCOUNT = "AC" + "0" * 32
PASSWORD = "mot-cua-thu-nghiem"
SECRET_KEY = "end-to-end-secret-key"
"""Of every demo officer."""
SEEDING = (
    ("database", "upgrade"),
    ("organisation", "seed"),
    ("procedures", "load-catalogue"),
    ("organisation", "seed-demo-officers", "--password", PASSWORD),
    ("dossiers", "seed-demo"),
)
READY = {
    "web": "/healthz",
    "sms": "/healthz",
    "chat": "/healthz",
    "actions": "/health",
    "rasa": "/webhooks/turn/",
}
"""Where each HTTP process says that it is there."""
_message_ids = itertools.count(1)
_http = httpx.Client(timeout=10, trust_env=False, verify=False)  # one for all: making one takes longer than its calls


def wait_for(what: Callable[[], Any], seconds: float, why: str) -> Any:
    """The first truthy value of `what`, asked every 20 ms."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise TimeoutError(why)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """One running system. `folder` holds its data and logs."""

    folder: Path
    database_url: str = ""
    redis_url: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = {name: free_port() for name in ("web", "sms", "chat", "actions", "rasa")}
        self.folder.mkdir(parents=True, exist_ok=True)
        base = "http://127.0.0.1"
        self.environment = {
            **os.environ,
            "ENVIRONMENT": "development",
            "HOST": "127.0.0.1",
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "WEB_PORT": str(self.ports["web"]),
            "SMS_PORT": str(self.ports["sms"]),
            "CHAT_PORT": str(self.ports["chat"]),
            "ACTIONS_PORT": str(self.ports["actions"]),
            "RASA_PORT": str(self.ports["rasa"]),
            "RASA_URLS": f"{base}:{self.ports['rasa']}",
            "BACKEND_URL": f"{base}:{self.ports['web']}",
            "PUBLIC_URL": f"{base}:{self.ports['web']}",
            "QUIET_FROM": "00:00",  # a test at night, too, wants to see what is texted
            "QUIET_UNTIL": "00:00",
            "SMS_URL": f"{base}:{self.ports['sms']}",
            "SMS_PUBLIC_URL": f"{base}:{self.ports['sms']}",
            "SMS_PROVIDER": "console",
            "TWILIO_ACCOUNT_SID": TWILIO_ACCOUNT,
            "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
            "INTERNAL_TOKEN": "end-to-end-internal-token",
            "SECRET_KEY": SECRET_KEY,
            "WORKER_THREADS": "6",
            "QUEUE_POLL_SECONDS": "0.02",
            "LOG_LEVEL": "INFO",
            "RASA_TELEMETRY_ENABLED": "false",
            **self.extra,
        }

    # --- life ---------------------------------------------------------------------------------------------

    def seed(self) -> None:
        """Tables, agencies, catalogue, demo officers, demo dossiers."""
        for command in SEEDING:
            subprocess.run(
                [ROOT / ".venv/bin/flask", "--app", "backend", *command],
                cwd=ROOT,
                env=self.environment,
                check=True,
                capture_output=True,
            )

    def start(self, *names: str) -> None:
        """Start processes (all by default) as the Procfile says, each in its own group, output in the data folder."""
        commands = dict(line.split(":", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ":" in line)
        for name in names or PROCESSES:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    ["/bin/bash", "-c", f"exec {commands[name].strip()}"],
                    cwd=ROOT,
                    env=self.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Return once every HTTP process that was started answers."""
        for name in self.processes.keys() & READY.keys():
            url = f"http://127.0.0.1:{self.ports[name]}{READY[name]}"
            wait_for(lambda url=url: _answers(url), seconds, f"{url} did not become ready, see {self.folder}/*.log")

    def do_now(self, *tasks: str) -> None:
        """Do periodic work of the worker without waiting for its minute; `tasks` as `backend.dossiers.tasks:sweep`."""
        code = "import sys, importlib\nfor task in sys.argv[1:]:\n"
        code += "    where, name = task.split(':')\n    getattr(importlib.import_module(where), name).call_local()"
        subprocess.run(
            [ROOT / ".venv/bin/python", "-c", code, *tasks],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def kill(self, name: str) -> None:
        """kill -9 a process with its children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End what this stack started."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    # --- what citizens do ------------------------------------------------------------------------------------

    def post_sms(self, phone: str, words: str, message_id: str = "") -> httpx.Response:
        """A Twilio-signed inbound message."""
        url = f"http://127.0.0.1:{self.ports['sms']}/sms/twilio/inbound"
        form = {
            "MessageSid": message_id or f"SM{next(_message_ids):032x}",
            "AccountSid": TWILIO_ACCOUNT,
            "From": phone,
            "To": "+84262000000",
            "Body": words,
            "NumMedia": "0",
            "FromCity": "",
        }
        signature = RequestValidator(TWILIO_TOKEN).compute_signature(url, form)
        return _http.post(url, data=form, headers={"X-Twilio-Signature": signature})

    def sent_sms(self, phone: str) -> list[str]:
        """The bodies handed to the console provider for a number, in order."""
        outbox = self.folder / "sms_outbox.jsonl"
        if not outbox.exists():
            return []
        lines = (json.loads(line) for line in outbox.read_text("utf-8").splitlines())
        return [line["body"] for line in lines if line["to"] == phone]

    def text(self, phone: str, words: str, seconds: float = 20) -> str:
        """Text the hotline and wait for the answer at that number."""
        before = len(self.sent_sms(phone))
        response = self.post_sms(phone, words)
        assert response.status_code == 200, response.text
        return str(wait_for(lambda: self.answer(phone, before), seconds, f"no answer to {words!r}, see {self.folder}"))

    def answer(self, phone: str, before: int) -> str | None:
        """What answers a text among the SMS sent to a number after the first `before`; notices come at any time."""
        for body in self.sent_sms(phone)[before:]:
            with self.database() as session:
                sent = session.query(Message.reply_to_id).filter(Message.body == body, Message.direction == "out")
                if any(reply_to for (reply_to,) in sent):
                    return body
        return None

    @contextmanager
    def database(self) -> Iterator[Session]:
        """A session on the stack's own database; services called inside use it."""
        url = self.database_url or f"sqlite:///{self.folder / 'mot_cua.db'}"
        engine, ours = database.create(url.replace("postgresql://", "postgresql+psycopg://", 1)), database.engine
        database.engine = lambda: engine  # type: ignore[assignment]
        try:
            with database.transaction() as session:
                yield session
        finally:
            database.engine = ours
            engine.dispose()


def _answers(url: str) -> bool:
    try:
        return _http.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def seeded(folder: Path) -> Path:
    """A folder with a seeded SQLite database, to be copied for each stack: seeding once is enough."""
    Stack(folder).seed()
    return folder


def from_template(template: Path, folder: Path, **options: str) -> Stack:
    """A stack on a copy of a seeded folder."""
    shutil.copytree(template, folder)
    return Stack(folder, **options)
