"""The numbered migrations make exactly the tables that the models describe, on both databases, and back."""

import re

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from backend import database, models
from backend.cli import migrations
from tests.conftest import _postgresql_schema


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'migrated.db'}" if request.param == "sqlite" else _postgresql_schema("migrations")
    engine = database.create(url)
    yield engine
    engine.dispose()


def test_migrations_make_what_the_models_say_and_undo_it(empty):
    command.upgrade(migrations(empty), "head")
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, models.ALL) == []
    command.downgrade(migrations(empty), "base")
    assert set(inspect(empty).get_table_names()) <= {"alembic_version"}


ROWS_OF_0002 = (
    (
        "INSERT INTO conversation (id, channel, address, owner, epoch, accents, about, rest, created_at)"
        " VALUES (1, 'sms', '+84900000001', 'assistant', 0, false, '', '', '2026-11-01 00:00:00')"
    ),
    (
        "INSERT INTO message (id, conversation_id, direction, channel, provider, status, text, body, payload, offered,"
        " attachments, epoch, segments, encoding, attempts, error_code, intent, created_at, updated_at)"
        " VALUES (1, 1, 'in', 'sms', '', 'answered', 'HS', '', '', '[]', '[]', 0, 0, '', 0, '', '',"
        " '2026-11-01 00:00:00', '2026-11-01 00:00:00')"
    ),
    (
        "INSERT INTO escalation (id, conversation_id, message_id, reason, summary, created_at)"
        " VALUES (1, 1, 1, 'asked', 'CB', '2026-11-01 00:00:00')"
    ),
    (
        "INSERT INTO rating (id, dossier_code, conversation_id, score, words, created_at, updated_at)"
        " VALUES (1, 'H15-261101-0001', 1, 5, '', '2026-11-01 00:00:00', '2026-11-01 00:00:00')"
    ),
    (
        "INSERT INTO complaint (id, code, conversation_id, message_id, text, state, created_at)"
        " VALUES (1, 'PA-261101-0001', 1, 1, 'Đèn hỏng', 'received', '2026-11-01 00:00:00')"
    ),
)


def test_migrations_keep_the_rows_that_are_there(empty):
    command.upgrade(migrations(empty), "0002")
    with empty.begin() as connection:
        for row in ROWS_OF_0002:
            connection.execute(text(row))
    command.upgrade(migrations(empty), "head")
    with empty.connect() as connection:
        for table in ("conversation", "message", "escalation", "rating", "complaint"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1
        if empty.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_an_old_denunciation_is_kept_from_whom_it_is_about_and_the_way_back_is_open(empty):
    command.upgrade(migrations(empty), "0002")
    with empty.begin() as connection:
        connection.execute(text(ROWS_OF_0002[0]))
        told = ("Tố cáo bà Trần Thị Bích Ngọc", "tố cáo chủ tịch xã Ea Tul nhận hối lộ", "đèn hỏng ở xã Ea Tul")
        for number, words in enumerate(told, start=1):
            connection.execute(text(ROWS_OF_0002[1].replace("VALUES (1,", f"VALUES ({number},")))
            report = "INSERT INTO complaint (id, code, conversation_id, message_id, text, state, created_at) VALUES"
            values = f" ({number}, 'PA-261101-000{number}', 1, {number}, :words, 'received', '2026-11-01 00:00:00')"
            connection.execute(text(report + values), {"words": words})
    command.upgrade(migrations(empty), "0009")
    with empty.begin() as connection:
        for row in (
            (
                "INSERT INTO agency (id, code, name, unit, aliases, level, province, valid_from)"
                " VALUES (7, 'H15.03', 'UBND xã Ea Tul', 'Xã Ea Tul', '[]', 'commune', 'H15', '2025-07-01')"
            ),
            (
                "INSERT INTO officer (id, name, username, agency_id, role, email, password_hash, code_step,"
                " must_change, active, created_at) VALUES (9, 'Trần Thị Bích Ngọc', 'ngoc', 7, 'head', '', '', 0,"
                " false, true, '2026-11-01 00:00:00')"
            ),
        ):
            connection.execute(text(row))
    command.upgrade(migrations(empty), "0010")
    with empty.begin() as connection:
        found = connection.execute(text("SELECT kind, protection FROM complaint ORDER BY id")).all()
        assert found == [("denunciation", "protected"), ("denunciation", "protected"), ("report", "named")]
        subjects = text("SELECT complaint_id, agency_code, officer_id FROM complaint_subject ORDER BY complaint_id")
        assert connection.execute(subjects).all() == [(1, "H15.03", 9), (2, "H15.03", None)]
        connection.execute(text("UPDATE complaint SET message_id = NULL, conversation_id = NULL WHERE id = 3"))
    command.downgrade(migrations(empty), "0009")
    with empty.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM complaint")).scalar() == 2


def test_what_is_public_already_stays_so_and_the_rest_waits_for_a_yes(empty):
    command.upgrade(migrations(empty), "0002")
    with empty.begin() as connection:
        for row in ROWS_OF_0002:
            connection.execute(text(row))
        connection.execute(text(ROWS_OF_0002[1].replace("VALUES (1,", "VALUES (2,")))
        other = ROWS_OF_0002[4].replace("VALUES (1,", "VALUES (2,").replace("0001', 1, 1", "0002', 1, 2")
        connection.execute(text(other))
    command.upgrade(migrations(empty), "0013")
    published = (
        "INSERT INTO complaint_publication (complaint_id, code, words, answer, agency_name, category, area, photos,"
        " search_text, published_at, version) VALUES (1, 'PA-261101-0001', 'Đèn hỏng', 'Đã thay', '', '', '', '[]', '',"
        " '2026-11-02 00:00:00', 1)"
    )
    with empty.begin() as connection:
        connection.execute(text(published))
    command.upgrade(migrations(empty), "0014")
    with empty.connect() as connection:
        agreed = connection.execute(text("SELECT may_publish FROM complaint ORDER BY id")).scalars().all()
    assert [None if one is None else bool(one) for one in agreed] == [True, None]


def test_migrations_are_numbered_without_gaps():
    script = ScriptDirectory.from_config(migrations())
    revisions = sorted(revision.revision for revision in script.walk_revisions())
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    assert all(re.fullmatch(r"\d{4}", revision) for revision in revisions)


def test_sqlite_pragmas_are_set(tmp_path):
    engine = database.create(f"sqlite:///{tmp_path / 'p.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == database.BUSY_TIMEOUT_MS
    engine.dispose()
