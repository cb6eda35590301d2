"""The logs of a whole system hold nothing of what citizens write, who they are or where they live."""

import base64
import json
import re
import uuid
from pathlib import Path

import httpx
import pytest

from backend.text import unaccented
from tests.end_to_end.stack import PROCESSES, Stack, wait_for

pytestmark = pytest.mark.end_to_end

PHONE = "+84912345678"
NAME = "Quách Thị Xíu"
ADDRESS = "hẻm 77 Phan Kế Toại"
ID_NUMBER = "066190012345"
SAID = (
    f"em ten {NAME} o {ADDRESS} muon lam giay khai sinh",
    "HS",
    "HS H15.16-260930-0012",
    f"PA rác đổ trước nhà {NAME}, {ADDRESS}, số căn cước {ID_NUMBER}",
    f"CB gọi {NAME} theo số 0987654321 giúp",
    f"xyzzy {NAME} 0987.654.321",
    "DG 5 cảm ơn chị Mận",
    "DUNG",
)
PERSONAL = (NAME, ADDRESS, "Phan Kế Toại", "rác đổ trước nhà", "muon lam giay", "xyzzy", "chị Mận", ID_NUMBER)
NUMBERS = ("912345678", "987654321")


def logged(folder: Path) -> dict[str, str]:
    """What each process has written, unaccented, in lower case."""
    return {path.stem: unaccented(path.read_text("utf-8", "replace")).lower() for path in folder.glob("*.log")}


def found_in(log: str) -> list[str]:
    """What a log must not hold."""
    bare = re.sub(r"(?<=\d)[ .-](?=\d)", "", log)
    named = [part for part in PERSONAL if unaccented(part).lower() in log]
    return named + [number for number in NUMBERS if number in bare]


def test_no_personal_data_in_the_logs_of_a_complete_run(own_stack: Stack) -> None:
    own_stack.start()
    own_stack.wait_until_ready()
    for words in SAID:
        own_stack.text(PHONE, words)
    visitor = chat(own_stack)
    break_everything(own_stack)

    logs = logged(own_stack.folder)
    assert set(logs) == set(PROCESSES)
    assert "message received" in logs["sms"]
    assert "process=worker" in logs["worker"]
    assert "turn put off" in logs["worker"], "the faults were not tried"
    for name, log in logs.items():
        assert found_in(log) == [], name
        assert visitor.lower() not in log, name


def chat(stack: Stack) -> str:
    """Write in the web chat; the visitor's key, which is the address of the conversation."""
    base = f"http://127.0.0.1:{stack.ports['chat']}"
    with httpx.Client(base_url=base, headers={"Origin": base, "X-Mot-Cua-Chat": "1"}, trust_env=False) as client:
        client.get("/chat").raise_for_status()
        written = {"id": str(uuid.uuid4()), "text": SAID[0]}
        client.post("/chat/messages", json=written).raise_for_status()
        page = {"after": 0, "wait": 0}
        wait_for(
            lambda: any(m["direction"] == "out" for m in client.get("/chat/messages", params=page).json()["messages"]),
            20,
            "no answer in the chat",
        )
        signed = client.cookies["mot_cua_chat"].split(".")[0]
        return str(json.loads(base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4))))


def break_everything(stack: Stack) -> None:
    """Faults are logged with more than what is usual: a part is missing, a request is malformed."""
    stack.kill("actions")
    assert "he thong dang ban" in stack.text(PHONE, SAID[0]).lower()
    for name, path in (("sms", "/sms/twilio/inbound"), ("sms", f"/{PHONE}"), ("web", "/api/v1/nothing")):
        url = f"http://127.0.0.1:{stack.ports[name]}{path}"
        assert httpx.post(url, data={"From": PHONE, "Body": SAID[0]}, trust_env=False).status_code >= 400
