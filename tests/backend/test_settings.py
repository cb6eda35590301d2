"""Settings that must not be wrong."""

import re
import subprocess
from collections import Counter

import pytest
from pydantic import ValidationError

from backend.notifications.settings import NotificationSettings
from backend.settings import DEVELOPMENT_TOKEN, ROOT, Environment, Settings
from chat_gateway.settings import ChatSettings
from chat_gateway.zalo.settings import ZaloSettings
from sms_gateway.settings import SmsSettings

SECRETS = ("internal_token", "secret_key")
KINDS = (Settings, SmsSettings, ChatSettings, NotificationSettings, ZaloSettings)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("environment", ["development", "production"])
def test_an_empty_secret_is_refused_everywhere(name: str, environment: str):
    """An empty token is what a request without one sends, too."""
    with pytest.raises(ValidationError):
        Settings(environment=environment, **(dict.fromkeys(SECRETS, "secret") | {name: ""}))


@pytest.mark.parametrize("name", SECRETS)
def test_production_refuses_the_published_secrets(name: str):
    with pytest.raises(ValidationError, match="must be set in production"):
        Settings(environment="production", **(dict.fromkeys(SECRETS, "secret") | {name: DEVELOPMENT_TOKEN}))
    assert Settings(environment="production", **dict.fromkeys(SECRETS, "secret"))


def test_an_example_that_was_copied_by_hand_is_refused():
    """Whoever reads the repository could sign a session, or a text message."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    secrets = {line.split("=")[0].lower() for line in lines if line.endswith("=generate-me")}
    known = {name: kind for kind in KINDS for name in kind.model_fields}
    assert {"internal_token", "secret_key", "twilio_auth_token", "telegram_webhook_secret"} <= secrets
    for name in secrets:
        with pytest.raises(ValidationError, match=f"{name.upper()} is still|too short"):
            known[name](**{name: "generate-me"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_names_every_setting(kind: type[Environment]):
    named = set(re.findall(r"\b([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8")))
    assert {name.upper() for name in kind.model_fields} <= named


def test_the_example_sets_nothing_twice():
    """The last one wins, and nobody sees which it is."""
    names = re.findall(r"^([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_the_example_can_be_read_by_the_shell_of_make_run():
    command = ["/bin/bash", "-euo", "pipefail", "-c", 'set -a; . ./.env.example; echo "$PROVINCE"']
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "Đắk Lắk\n", "")
