"""Imports: the same file twice changes nothing, other content is a new version, no source loses its words."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from backend import clock
from backend.database import reading
from backend.errors import InvalidInput, NotFound
from backend.procedures import imports, service
from backend.procedures.models import ProcedureVersion, Source
from backend.procedures.readers import files
from tests.builders.procedures import import_birth, import_records, make_record

TODAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with clock.stopped_at(TODAY):
        yield


def versions_of(source: Source) -> list[tuple[int, date, date | None]]:
    query = select(ProcedureVersion).where(ProcedureVersion.source == source).order_by(ProcedureVersion.number)
    with reading() as session:
        return [(v.number, v.effective_from, v.effective_to) for v in session.scalars(query)]


def count() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(ProcedureVersion)) or 0


def test_the_same_content_twice_changes_nothing(database):
    assert import_birth().added == ["1.001193"]
    again = import_birth()
    assert (again.added, again.changed, again.unchanged) == ([], [], 1)
    assert count() == 1


def test_a_dry_run_reports_and_leaves_no_trace(database):
    report = import_records(make_record(), dry_run=True)
    assert report.added == ["9.000001"]
    assert count() == 0
    with pytest.raises(NotFound):
        service.current_version("9.000001")


def test_other_content_is_a_new_version_from_its_day_on(database):
    import_records(make_record(place="Sở cũ"), source=Source.PORTAL, effective_from=date(2026, 1, 1))
    changed = import_records(make_record(place="Sở mới"), source=Source.PORTAL, effective_from=date(2026, 9, 1))
    assert changed.changed == ["9.000001"]
    assert versions_of(Source.PORTAL) == [(1, date(2026, 1, 1), date(2026, 9, 1)), (2, date(2026, 9, 1), None)]
    assert service.current_version("9.000001").place == "Sở mới"
    assert service.current_version("9.000001", on=date(2026, 8, 31)).place == "Sở cũ"
    with pytest.raises(NotFound):
        service.current_version("9.000001", on=date(2025, 12, 31))


def test_a_version_for_the_future_waits_and_outlives_today_s_correction(database):
    start = date(2027, 1, 1)
    import_birth(place="Nơi này")
    import_records(make_record("1.001193", place="Nơi mai sau"), effective_from=start)
    assert service.current_version("1.001193").place == "Nơi này"
    import_birth(place="Nơi này, đã sửa", effective_from="2026-11-20")
    assert service.current_version("1.001193").place == "Nơi này, đã sửa"
    assert service.current_version("1.001193", on=start).place == "Nơi mai sau"
    repeated = import_records(make_record("1.001193", place="Nơi mai sau"), effective_from=start)
    assert repeated.unchanged == 1
    with clock.stopped_at(TODAY + timedelta(days=60)):
        assert service.current_version("1.001193").place == "Nơi mai sau"


def test_a_correction_of_the_same_day_replaces_what_it_corrects(database):
    import_birth(place="Sai chỗ")
    import_birth(place="Đúng chỗ")
    assert service.current_version("1.001193").place == "Đúng chỗ"
    assert versions_of(Source.CATALOGUE) == [
        (1, date(2025, 7, 1), date(2025, 7, 1)),
        (2, date(2025, 7, 1), None),
    ]
    assert import_birth(place="Đúng chỗ").unchanged == 1


def test_portal_data_fills_gaps_but_does_not_take_our_words(database):
    import_birth(conditions=[])
    portal = make_record(
        "1.001193",
        "Thủ tục đăng ký khai sinh",
        place="Một câu dài của cổng",
        conditions=["Không trùng với nơi khác"],
        notes=["Lưu ý của cổng"],
    )
    report = import_records(portal, source=Source.PORTAL)
    assert (report.added, report.outranked) == (["1.001193"], 1)
    current = service.current_version("1.001193")
    assert current.place == "Bộ phận một cửa xã, phường nơi cha hoặc mẹ cư trú"
    assert current.phrases == ["làm giấy khai sinh", "khai sinh cho con"]
    assert current.conditions == ["Không trùng với nơi khác"]
    assert current.sources == [Source.CATALOGUE, Source.PORTAL]
    assert import_birth(conditions=[]).unchanged == 1


def test_the_province_s_own_spreadsheet_speaks_first(database):
    import_birth()
    import_records(make_record("1.001193", "Đăng ký khai sinh", place="Quầy 3"), source=Source.SPREADSHEET)
    current = service.current_version("1.001193")
    assert (current.place, current.source) == ("Quầy 3", Source.SPREADSHEET)
    assert current.documents[0].name == "Giấy ủy quyền có chứng thực"


def test_malformed_rows_are_reported_with_their_line_and_the_others_are_taken(database, tmp_path):
    good = {"code": "9.000002", "name": "Thủ tục thử", "level_of_admin": ["Cấp Tỉnh"]}
    lines = [
        json.dumps(good),
        "{not json",
        json.dumps({"code": "x", "name": "Sai mã", "level_of_admin": []}),
        json.dumps({"something": "else"}),
        json.dumps(good),
        json.dumps(good | {"code": "9.000003", "documents": "text instead of a list"}),
        json.dumps(good | {"code": "9.000004", "name": None}),
    ]
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    report = imports.run(files.read(path), Source.PORTAL)
    assert report.added == ["9.000002"]
    assert [(skipped.line, skipped.code) for skipped in report.skipped] == [
        (2, ""),
        (3, "x"),
        (4, ""),
        (5, "9.000002"),
        (6, "9.000003"),
        (7, "9.000004"),
    ]
    assert all(skipped.reason for skipped in report.skipped)
    assert "same code as line 1" in report.skipped[3].reason


def test_strict_takes_all_or_nothing(database, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"code": "9.000002", "name": "Thử", "level_of_admin": []}\n{oops\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="Dòng 2"):
        imports.run(files.read(path), Source.PORTAL, strict=True)
    assert count() == 0


def test_a_file_that_nobody_reads_is_refused(tmp_path):
    path = tmp_path / "catalogue.pdf"
    path.write_bytes(b"%PDF")
    with pytest.raises(InvalidInput):
        files.source_of(path)
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(b"not gzip")
    with pytest.raises(InvalidInput):
        list(files.read(broken))
