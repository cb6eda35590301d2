"""Domain, rules, responses and actions agree; the server starts, answers its health, and hides what it fails on."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from actions.procedures.aspects import OF_INTENT
from tests.builders.turns import ROOT, registered, responses

DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RULES = [
    rule
    for path in sorted((ROOT / "nlu_data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
]
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "actions").rglob("*.py"))


def test_every_intent_has_one_rule_with_one_action() -> None:
    intents = [rule["steps"][0]["intent"] for rule in RULES]
    assert sorted(intents) == sorted([*DOMAIN["intents"], "nlu_fallback"])
    assert all([list(step) for step in rule["steps"]] == [["intent"], ["action"]] for rule in RULES)


def test_the_intents_and_entities_are_those_of_the_design() -> None:
    assert len(DOMAIN["intents"]) == 28
    assert set(DOMAIN["entities"]) == {
        "dossier_code",
        "complaint_code",
        "procedure_code",
        "procedure",
        "agency",
        "place",
        "phone",
        "id_number",
        "score",
        "date",
    }


def test_domain_rules_and_server_know_the_same_actions() -> None:
    used = {rule["steps"][1]["action"] for rule in RULES}
    assert used == set(DOMAIN["actions"]) == set(registered())


def test_rules_and_actions_agree_on_the_intents() -> None:
    from actions.dialogue import action_for

    assert {r["steps"][0]["intent"]: r["steps"][1]["action"] for r in RULES} == {
        r["steps"][0]["intent"]: action_for(r["steps"][0]["intent"]).name() for r in RULES
    }


def test_slots_are_the_memory_and_only_actions_fill_them() -> None:
    from dataclasses import fields

    from actions.turn import Memory

    assert set(DOMAIN["slots"]) == {field.name for field in fields(Memory)}
    assert all(slot["mappings"] == [{"type": "custom"}] for slot in DOMAIN["slots"].values())


def test_every_response_exists_and_is_used() -> None:
    named = set(re.findall(r"utter_[a-z_]*[a-z]", SOURCES)) - {"utter_ask_procedure_for", "utter_message"}
    named |= {f"utter_ask_procedure_for_{aspect}" for aspect in OF_INTENT.values()}
    named |= {f"utter_{intent}" for intent in ("greet", "goodbye", "thank", "bot_challenge")}
    named |= set(re.findall(r"utter_[a-z_]+", (ROOT / "actions/fallback/words.yml").read_text(encoding="utf-8")))
    assert set(responses()) == named | {"utter_default"}


def test_responses_have_a_text_for_every_channel_and_fit_into_three_segments() -> None:
    for name, variants in responses().items():
        assert any("channel" not in variant for variant in variants), name
        shortest = min(len(variant["text"]) for variant in variants)
        assert shortest <= 3 * 153, name


def test_responses_are_polite_and_address_the_citizen_in_one_way() -> None:
    for name, variants in responses().items():
        for variant in variants:
            assert "quý khách" not in variant["text"].lower(), name
            assert "bạn" not in variant["text"].lower().split(), name
            assert variant["text"].startswith(("Dạ, ", "GỌI NGAY ", "Anh/chị ", "Sorry, ")), name


def test_actions_import_nothing_of_ours_but_themselves() -> None:
    assert not re.search(r"^(?:from|import) (?:backend|bot|sms_gateway|chat_gateway|tests)\b", SOURCES, re.MULTILINE)


# --- the server


TOKEN = "actions-test-token"
OURS = {"Authorization": f"Bearer {TOKEN}"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    port, output = _free_port(), tmp_path_factory.mktemp("actions") / "output.txt"
    environment = os.environ | {"ACTIONS_PORT": str(port), "BACKEND_URL": "http://127.0.0.1:9", "INTERNAL_TOKEN": TOKEN}
    with output.open("wb") as sink:
        command = [sys.executable, "-m", "actions"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=sink, stderr=sink)
        try:
            asyncio.run(_wait(f"http://127.0.0.1:{port}/health", process))
            yield f"http://127.0.0.1:{port}", output
        finally:
            process.terminate()
            process.wait(10)


async def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(300):
            assert process.poll() is None, "the action server ended"
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
    raise AssertionError("the action server is not ready")


def call(url: str, action: str, text: str, intent: str, headers: dict[str, str] = OURS) -> httpx.Response:
    message = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": [], "message_id": "5"}
    events = [{"event": "user", "text": text, "input_channel": "sms", "parse_data": message}]
    tracker: dict[str, Any] = {"sender_id": "7", "slots": {}, "latest_message": message, "events": events}
    body = {"next_action": action, "sender_id": "7", "tracker": tracker, "version": "3.6.21"}
    return httpx.post(f"{url}/webhook", json=body, headers=headers, trust_env=False)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"authorization": "é"},
    ],
)
def test_only_rasa_may_run_actions(server: tuple[str, Path], headers: dict[str, str]) -> None:
    raw = {name: value.encode() for name, value in headers.items()}
    assert call(server[0], "action_small_talk", "chào", "greet", raw).status_code == 401  # type: ignore[arg-type]
    assert httpx.get(f"{server[0]}/actions", headers=raw, trust_env=False).status_code == 401


def test_rasa_sends_the_token_and_not_the_domain() -> None:
    endpoint = yaml.safe_load((ROOT / "endpoints.yml").read_text("utf-8"))["action_endpoint"]
    assert endpoint["headers"] == {"Authorization": "Bearer ${INTERNAL_TOKEN}"}
    assert endpoint["enable_selective_domain"] is True


def test_the_server_answers_without_being_sent_the_domain(server: tuple[str, Path]) -> None:
    answer = call(server[0], "action_small_talk", "chào", "greet")
    assert answer.status_code == 200
    assert answer.json()["responses"][0]["response"] == "utter_greet"
    assert {
        action["name"] for action in httpx.get(f"{server[0]}/actions", headers=OURS, trust_env=False).json()
    } == set(DOMAIN["actions"])


def test_a_failure_is_a_500_and_neither_answer_nor_log_holds_the_citizens_words(server: tuple[str, Path]) -> None:
    url, output = server
    answer = call(url, "action_answer_procedure", "căn cước của tôi số 066190001234", "search_procedure")
    assert (answer.status_code, answer.json()) == (500, {"error": "the action failed"})
    log = output.read_text(encoding="utf-8")
    assert "066190001234" not in log
    assert "action=action_answer_procedure conversation=7 message=5 error=GET /procedures/search: ConnectError" in log
    assert len([line for line in log.splitlines() if "ERROR" in line]) == 1


def test_an_unknown_action_is_a_404(server: tuple[str, Path]) -> None:
    assert call(server[0], "action_unheard_of", "chào", "greet").status_code == 404
