"""The environment the Rasa server is started with."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rasa.core.tracker_store import TrackerStore as AnyTrackerStore
from rasa.shared.utils.io import read_config_file
from rasa.utils.endpoints import read_endpoint_config

from bot.channels.turn import TurnInput
from bot.serve import environment, read_env_file, refuse_a_missing_model
from bot.trackers import TrackerStore

ROOT = Path(__file__).resolve().parents[2]


def test_development_needs_nothing() -> None:
    names = environment({"DATA_DIR": "/data"})
    assert names["ACTIONS_URL"] == "http://127.0.0.1:5055/webhook"
    assert names["RASA_TRACKER_URL"] == "sqlite:////data/rasa.db"
    assert names["INTERNAL_TOKEN"]


def test_postgresql_gets_a_schema_of_its_own() -> None:
    names = environment({"DATABASE_URL": "postgresql://u:p@db/mot_cua"})
    assert names["RASA_TRACKER_URL"] == "postgresql+psycopg2://u:p@db/mot_cua"
    assert names["POSTGRESQL_SCHEMA"] == "rasa"


@pytest.mark.parametrize("token", [None, "", "development-only", "generate-me"])
def test_production_refuses_the_published_token(token: str | None) -> None:
    given = {} if token is None else {"INTERNAL_TOKEN": token}
    with pytest.raises(ValueError, match="INTERNAL_TOKEN"):
        environment({"ENVIRONMENT": "production", **given})


def test_an_env_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# comment\nINTERNAL_TOKEN='a=b'\nexport actions_port=9\n\nnonsense\n", "utf-8")
    assert read_env_file(tmp_path / ".env") == {"INTERNAL_TOKEN": "a=b", "ACTIONS_PORT": "9"}
    assert read_env_file(tmp_path / "missing") == {}


def test_the_projects_files_load_with_that_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in environment({"DATA_DIR": str(tmp_path), "INTERNAL_TOKEN": "t"}).items():
        monkeypatch.setenv(name, value)
    actions = read_endpoint_config(str(ROOT / "endpoints.yml"), "action_endpoint")
    assert actions is not None
    assert actions.url == "http://127.0.0.1:5055/webhook"
    store = AnyTrackerStore.create(read_endpoint_config(str(ROOT / "endpoints.yml"), "tracker_store"))
    assert isinstance(getattr(store, "_tracker_store", store), TrackerStore)  # Rasa takes memory for a wrong name
    assert (tmp_path / "rasa.db").exists()
    credentials = read_config_file(ROOT / "credentials.yml")
    assert TurnInput.from_credentials(credentials["bot.channels.turn.TurnInput"])


def test_no_channel_but_ours_is_open() -> None:
    assert list(yaml.safe_load((ROOT / "credentials.yml").read_text("utf-8"))) == ["bot.channels.turn.TurnInput"]


def test_a_missing_model_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        refuse_a_missing_model(["--debug", "-m", str(tmp_path / "model.tar.gz")])
    with pytest.raises(SystemExit):
        refuse_a_missing_model(["--model", str(tmp_path)])
    (tmp_path / "model.tar.gz").touch()
    refuse_a_missing_model(["--model", str(tmp_path)])


def test_config_names_nothing_that_needs_tensorflow() -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))
    assert all(component["name"].startswith("bot.nlu.") for component in config["pipeline"])
    assert {policy["name"] for policy in config["policies"]} <= {"RulePolicy", "MemoizationPolicy"}


def test_the_server_is_imported_without_tensorflow() -> None:
    code = """
import sys
from bot import without_tensorflow
without_tensorflow.install()
import rasa.__main__, rasa.core.run, rasa.core.agent, bot.channels.turn, bot.nlu.entities, bot.nlu.fallback
import bot.nlu.intents, spacy
from rasa.core.policies.rule_policy import RulePolicy
assert "tensorflow.python" not in sys.modules
print("fine")
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "fine"), done.stderr[-500:]
