"""One running system for all tests that do not break it; another is made by those that do."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.settings import ROOT
from tests.end_to_end import stack as stacks
from tests.end_to_end.stack import Stack


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded data folder, the same for all workers of a run."""
    ours = tmp_path_factory.getbasetemp()
    shared = ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours
    with (shared / "seeding").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "seeded").exists():
            stacks.seeded(shared / "being-seeded").rename(shared / "seeded")
    return shared / "seeded"


@pytest.fixture(scope="session")
def assistant() -> None:
    """What Rasa needs; a system without it is for tests that never ask it."""
    for needed in ("bot/.venv/bin/rasa", "models/.trained"):
        if not (ROOT / needed).exists():
            pytest.skip(f"{needed} is missing: run `make test`, which sets it up")


@pytest.fixture(scope="session")
def stack(assistant: None, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running system."""
    running = stacks.from_template(template, tmp_path_factory.mktemp("stack") / "data")
    try:
        running.start()
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture
def own_stack(assistant: None, template: Path, tmp_path: Path) -> Iterator[Stack]:
    """A system of the test's own, not started yet."""
    own = stacks.from_template(template, tmp_path / "data")
    try:
        yield own
    finally:
        own.stop()
