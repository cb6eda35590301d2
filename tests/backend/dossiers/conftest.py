"""What tests of dossiers share: an application, one officer of each role, and a folder of their own for files."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.settings import settings
from backend.wsgi import build
from tests.builders.dossiers import make_crew


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "files"))
    settings.cache_clear()


@pytest.fixture
def app(database: Engine) -> Flask:
    return build()


@pytest.fixture
def crew(database: Engine) -> dict[Role, OfficerInfo]:
    return make_crew()
