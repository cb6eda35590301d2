"""What is logged of a failure says where it happened, and nothing of what a citizen wrote."""

import io
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backend import logs
from backend.database import transaction

A_SCRIPT = """
from backend.logs import logger
def fails(written):
    raise ValueError("0905123456 cannot be reached")
try:
    fails("Quách Thị Xíu")
except ValueError:
    logger("a.script").exception("message failed", phone="+84 905 123 456")
"""


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a process of ours would log."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    logs.configure("test")
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers[:], _ = before
    root.setLevel(before[1])


def test_a_traceback_names_no_variables(logged: io.StringIO):
    def fails(written: str) -> None:
        raise ValueError(f"{len(written)} characters for 0905123456")

    try:
        fails("Quách Thị Xíu")
    except ValueError:
        logs.logger("some.feature").exception("message failed", phone="+84 905 123 456")
    assert "in fails" in logged.getvalue()
    assert "13 characters for *******456" in logged.getvalue()
    assert "Quách" not in logged.getvalue().replace('fails("Quách Thị Xíu")', "")  # this file's own line
    assert "905" not in logged.getvalue()


def test_a_script_that_configures_nothing_logs_no_more_than_that():
    ran = subprocess.run([sys.executable, "-c", A_SCRIPT], capture_output=True, text=True, check=True, encoding="utf-8")
    assert "message failed" in ran.stdout
    assert "in fails" in ran.stdout
    assert "Quách" not in ran.stdout + ran.stderr
    assert "905" not in ran.stdout + ran.stderr


@pytest.mark.usefixtures("database")
def test_an_error_of_the_database_is_logged_without_the_values(logged: io.StringIO):
    try:
        with transaction() as session:
            session.execute(
                text("INSERT INTO citizen (full_name, phone, created_at) VALUES (:name, :phone, NULL)"),
                {"name": "Quách\nThị Xíu", "phone": "x"},
            )
    except IntegrityError:
        logging.getLogger("some.library").exception("unexpected error")
    assert "IntegrityError" in logged.getvalue()
    assert "Quách" not in logged.getvalue()
    assert "Xíu" not in logged.getvalue()
    assert "process=test" in logged.getvalue()
