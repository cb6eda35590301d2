"""Start the Rasa server with the environment its files need: `bot/.venv/bin/python -m bot.serve [rasa run options]`.

`-m FILE` names the model; without it the newest of `models/`. A name that does not exist ends the start: Rasa would
take the newest one silently.

Rasa neither reads `.env` nor knows defaults for the `${NAME}`s of endpoints.yml and credentials.yml. The names and
defaults are those of backend/settings.py; this environment cannot import it (pydantic 1 here, pydantic 2 there).
"""

import os
import sys
import warnings
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from bot import without_tensorflow

ROOT = Path(__file__).resolve().parents[1]
DEVELOPMENT_TOKEN = "development-only"  # noqa: S105 - the published default, refused in production
PUBLISHED = frozenset({"", DEVELOPMENT_TOKEN, "generate-me"})
"""What everybody knows: the defaults of the code and of `.env.example`."""


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines of a `.env` file, quotes taken off; {} when there is none."""
    if not path.exists():
        return {}
    lines = (line.strip().removeprefix("export ") for line in path.read_text("utf-8").splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip().upper(): value.strip().strip("\"'") for name, value in pairs}


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """`given` (`.env` below the real environment) completed by what Rasa's files ask for.

    ValueError in production when INTERNAL_TOKEN is missing or the published one.
    """
    names = dict(given)
    names.setdefault("INTERNAL_TOKEN", DEVELOPMENT_TOKEN)
    if names.get("ENVIRONMENT") == "production" and names["INTERNAL_TOKEN"] in PUBLISHED:
        raise ValueError("INTERNAL_TOKEN must be set in production")
    names.setdefault("ACTIONS_URL", f"http://127.0.0.1:{names.get('ACTIONS_PORT', '5055')}/webhook")
    names.setdefault("RASA_TRACKER_URL", _tracker_url(names))
    if names["RASA_TRACKER_URL"].startswith("postgresql"):
        names.setdefault("POSTGRESQL_SCHEMA", "rasa")
    names["RASA_TELEMETRY_ENABLED"] = "false"
    names.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow comes with Rasa; nothing here uses it
    names.setdefault("SANIC_WORKERS", "1")
    return names


def _tracker_url(names: Mapping[str, str]) -> str:
    database = names.get("DATABASE_URL", "")
    if database.startswith("postgres"):
        return "postgresql+psycopg2://" + database.split("://", 1)[1]
    folder = Path(names.get("DATA_DIR") or ROOT / "var")
    return f"sqlite:///{folder if folder.is_absolute() else ROOT / folder}/rasa.db"


def refuse_a_missing_model(arguments: list[str]) -> None:
    """SystemExit when the model asked for, or else any in `models/`, is not there."""
    asked = next((after for flag, after in pairwise(arguments) if flag in {"-m", "--model"}), None)
    model = Path(asked) if asked else ROOT / "models"
    if not model.exists() or (model.is_dir() and not any(model.glob("*.tar.gz"))):
        raise SystemExit(f"no model at {model}; train one first")


def main(arguments: list[str]) -> None:
    """Be `rasa run`, from the repository root, on loopback."""
    os.environ.update(environment({**read_env_file(ROOT / ".env"), **os.environ}))
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))  # from where Rasa imports `bot.channels` and `bot.nlu`
    refuse_a_missing_model(arguments)
    url = os.environ["RASA_TRACKER_URL"]
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    warnings.showwarning = lambda *_, **__: None  # dozens of other people's deprecations at every start
    if os.environ.get("RASA_WITH_TENSORFLOW") != "1":
        without_tensorflow.install()
    from rasa.__main__ import main as rasa

    port = os.environ.get("RASA_PORT", "5005")
    options = ["-i", "127.0.0.1", "-p", port, "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    sys.argv = ["rasa", "run", *options, *arguments]
    rasa()


if __name__ == "__main__":
    main(sys.argv[1:])
