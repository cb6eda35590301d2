"""The agencies of Đắk Lắk at every stage, their successors, and what citizens are told."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backend import clock
from backend.audit import AuditEntry
from backend.database import reading, transaction
from backend.errors import InvalidInput, NotFound
from backend.organisation import seeding, service
from backend.organisation.models import Agency, AgencySuccession, Level
from tests.builders.organisation import make_agency, make_app

TODAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
HEADERS = {"Authorization": "Bearer test-internal-token"}
pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def today():
    with clock.stopped_at(TODAY):
        yield


@pytest.fixture
def seeded(database) -> None:
    seeding.seed()


def now_of(query: str) -> list[str]:
    """Names of what the agencies named by `query` are today."""
    return [agency.unit or agency.name for became in service.find(query) for agency in became.now]


@pytest.mark.parametrize(
    ("day", "departments", "districts", "communes"),
    [
        ("2017-11-01", 19, 15, 184),
        ("2024-10-31", 19, 15, 184),
        ("2024-11-01", 19, 15, 180),
        ("2025-04-01", 14, 15, 180),
        ("2025-06-30", 14, 15, 180),
        ("2025-07-01", 14, 0, 102),
        ("2026-11-23", 14, 0, 102),
    ],
)
def test_counts_at_every_stage(seeded, day: str, departments: int, districts: int, communes: int) -> None:
    counts = service.counts_at(date.fromisoformat(day))
    assert counts == {
        Level.PROVINCE: 1,
        Level.DEPARTMENT: departments,
        Level.DISTRICT: districts,
        Level.COMMUNE: communes,
    }


def test_seeding_again_changes_nothing_and_keeps_the_contacts(database) -> None:
    first = seeding.seed()
    assert first.added == first.total
    with transaction() as session:
        row = session.scalars(select(Agency).where(Agency.code == "H15.03")).one()
        row.phone = "0262.3000000"
    assert seeding.seed() == seeding.Seeded(first.total, 0, 0)
    assert service.agency_by_code("H15.03").phone == "0262.3000000"
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 1


def test_seeding_repairs_what_differs(seeded) -> None:
    with transaction() as session:
        session.scalars(select(Agency).where(Agency.code == "H15.03")).one().name = "Sở Công thương"
    assert seeding.seed().changed == 1
    assert service.agency_by_code("H15.03").name == "Sở Công Thương"


def test_every_ended_agency_has_a_successor_except_the_districts(seeded) -> None:
    with reading() as session:
        followed = set(session.scalars(select(AgencySuccession.old_id)))
        ended = list(session.scalars(select(Agency).where(Agency.valid_to.is_not(None))))
    assert {row.level for row in ended if row.id not in followed} == {Level.DISTRICT}


def test_every_commune_of_today_says_what_it_was_made_of(seeded) -> None:
    with reading() as session:
        made = set(session.scalars(select(AgencySuccession.new_id)))
    assert {agency.id for agency in service.agencies_at(date(2026, 11, 23), level=Level.COMMUNE)} <= made


@pytest.mark.parametrize(
    ("query", "now"),
    [
        ("xã Cuôr Đăng", ["Xã Cuôr Đăng"]),
        ("xa cuor dang", ["Xã Cuôr Đăng"]),
        ("phường Thắng Lợi", ["Phường Buôn Ma Thuột"]),  # in two steps: 2024 and 2025
        ("phường thống nhất", ["Phường Buôn Ma Thuột", "Phường Buôn Hồ"]),  # there were two
        ("phường thống nhất, thị xã buôn hồ", ["Phường Buôn Hồ"]),
        ("xã Ea Blang", ["Xã Ea Drông"]),  # to two communes, which then became one
        ("xã Ea BHốk", ["Xã Ea Ktur", "Xã Dray Bhăng"]),
        ("xã Ea D'Rơng", ["Xã Cuôr Đăng"]),
        ("xã Krông Na", ["Xã Buôn Đôn"]),
        ("xã Vụ Bổn", ["Xã Vụ Bổn"]),
        ("xã Hòa Thắng", ["Phường Tân Lập", "Xã Phú Hòa 1"]),
        ("phường 7 tuy hòa", ["Phường Tuy Hòa"]),
        ("thị trấn Pơng Drang", ["Xã Pơng Drang"]),
        ("tỉnh Phú Yên", ["Tỉnh Đắk Lắk"]),
        ("sở giao thông vận tải", ["Sở Xây dựng"]),
        ("so tnmt", ["Sở Nông nghiệp và Môi trường"]),
        ("sở kh&đt", ["Sở Tài chính"]),
        ("Sở LĐ-TB&XH", ["Sở Nội vụ"]),
        ("so y te", ["Sở Y tế"]),
        ("trung tâm phục vụ hành chính công", ["Văn phòng UBND tỉnh"]),
        ("krông pắc", ["Xã Krông Pắc"]),
        ("xã Atlantis", []),
    ],
)
def test_names_old_and_new_lead_to_today(seeded, query: str, now: list[str]) -> None:
    assert now_of(query) == now


def test_every_commune_of_2017_is_found_by_its_name_and_district_without_accents(seeded) -> None:
    day = date(2017, 11, 1)
    districts = {agency.id: agency.unit for agency in service.agencies_at(day, level=Level.DISTRICT)}
    lost = [
        f"{agency.unit}, {districts[agency.parent_id]}"
        for agency in service.agencies_at(day, level=Level.COMMUNE)[::7]
        if not now_of(f"ubnd {agency.unit}, {districts[agency.parent_id]}")
    ]
    assert lost == []


def test_a_dissolved_district_leads_to_the_communes_on_its_land(seeded) -> None:
    became = service.find("huyện Cư Kuin")[0]
    assert became.dissolved
    assert {agency.unit for agency in became.now} == {"Xã Ea Ning", "Xã Ea Ktur", "Xã Dray Bhăng"}
    text = service.contacts("huyện Cư Kuin").text
    assert "Từ 01/07/2025 không còn UBND huyện Cư Kuin." in text


def test_a_question_about_another_day(seeded) -> None:
    assert [a.unit for a in service.find("phường Thắng Lợi", date(2025, 4, 1))[0].now] == ["Phường Thành Công"]
    assert service.agency_by_code("H15.24.133", date(2017, 11, 1)).unit == "Phường Thắng Lợi"
    assert service.agency_by_code("h15.24.133").unit == "Phường Buôn Ma Thuột"


def test_contact_text_gives_what_is_known(database) -> None:
    make_agency(name="Sở Y tế", code="H15.916", address="số 1, đường Thử Nghiệm", phone="0262.3000001")
    assert service.contacts("so y te").text == ("Sở Y tế. Địa chỉ: số 1, đường Thử Nghiệm. Điện thoại: 0262.3000001.")


def test_contact_text_without_a_number_names_the_hotline(seeded) -> None:
    answer = service.contacts("xã ea tu")
    assert answer.text == (
        "Xã Ea Tu, thành phố Buôn Ma Thuột (cũ) nay thuộc phường Tân An. Anh/chị liên hệ UBND phường Tân An.\n"
        "Tổng đài của tỉnh: 0262.1022."
    )
    assert [agency.code for agency in answer.agencies] == ["H15.24.163"]


def test_a_ward_without_a_name_is_no_ward_with_a_number(seeded) -> None:
    assert service.contacts("sdt phuong la so may").agencies == ()
    assert [agency.unit for agency in service.contacts("phuong 1 tuy hoa").agencies] == ["Phường Tuy Hòa"]


def test_contact_text_for_a_commune_that_was_divided(seeded) -> None:
    text = service.contacts("xã Ea BHốk").text
    assert "huyện Cư Kuin (cũ) nay được chia về: xã Ea Ktur, xã Dray Bhăng." in text


def test_contact_text_when_nothing_is_found(seeded) -> None:
    answer = service.contacts("cho em hỏi chút")
    assert answer.agencies == ()
    assert "nhắn tên sở hoặc xã, phường" in answer.text


def test_importing_contacts(seeded, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("code,address,phone,email\nH15.16,,0262.3000002,\nH15.24.163,Thôn 1,,\n", "utf-8")
    assert seeding.import_contacts(file, date(2026, 11, 23)) == 2
    assert service.agency_by_code("H15.16").phone == "0262.3000002"
    assert service.agency_by_code("H15.16", date(2017, 11, 1)).phone is None
    assert "Địa chỉ: Thôn 1." in service.contacts("phường tân an").text


def test_importing_contacts_of_an_unknown_agency_changes_nothing(seeded, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("code,address,phone,email\nH15.16,,0262.3000002,\nH15.643,,1,\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"Dòng 3.*H15\.643"):
        seeding.import_contacts(file, date(2026, 11, 23))
    assert service.agency_by_code("H15.16").phone is None


def test_unknown_agencies_are_not_found(database) -> None:
    with pytest.raises(NotFound):
        service.agency(1)
    with pytest.raises(NotFound):
        service.agency_by_code("H15.16")


def test_the_command_line_seeds_counts_and_lists(database) -> None:
    runner = make_app().test_cli_runner()
    assert "load them with" in runner.invoke(args=["organisation", "at", "today"]).output
    assert "added" in runner.invoke(args=["organisation", "seed"]).output
    then = runner.invoke(args=["organisation", "at", "2017-11-01"]).output
    assert [line.split()[0] for line in then.splitlines()] == ["2017-11-01", "19", "15", "184"]
    now = runner.invoke(args=["organisation", "at", "today", "--list"]).output
    assert "  102 communes" in now
    assert "Phường Buôn Ma Thuột" in now
    assert runner.invoke(args=["organisation", "at", "gestern"]).exit_code == 2
    assert "Cuôr Đăng" in runner.invoke(args=["organisation", "find", "xa", "cuor", "dang"]).output


class TestApi:
    def test_contacts(self, seeded) -> None:
        answer = make_app().test_client().get("/api/v1/agencies/contacts?q=so+xay+dung", headers=HEADERS)
        assert answer.json["agencies"] == [{"id": "H15.16", "name": "Sở Xây dựng", "address": None, "phone": None}]
        assert answer.json["text"].startswith("Sở Xây dựng: ")

    def test_contacts_without_words(self, seeded) -> None:
        answer = make_app().test_client().get("/api/v1/agencies/contacts", headers=HEADERS)
        assert answer.status_code == 200
        assert answer.json["agencies"] == []

    @pytest.mark.parametrize(
        ("moment", "open_now", "now"),
        [
            ("2026-11-23T09:00", True, "Bây giờ, thứ Hai 23/11/2026, đang mở cửa."),
            ("2026-11-23T12:00", False, "Bây giờ, thứ Hai 23/11/2026, đang nghỉ. Mở cửa lại lúc 13:30 hôm nay."),
            (
                "2026-11-23T18:00",
                False,
                (
                    "Bây giờ, thứ Hai 23/11/2026, đang nghỉ. "
                    "Mở cửa lại lúc 07:30 thứ Tư 25/11/2026 (trước đó nghỉ: Ngày Văn hóa Việt Nam)."
                ),
            ),
            ("2026-11-24T09:00", False, "Hôm nay nghỉ: Ngày Văn hóa Việt Nam. Mở cửa lại lúc 07:30 thứ Tư 25/11/2026."),
            (
                "2026-11-28T09:00",
                False,
                "Bây giờ, thứ Bảy 28/11/2026, đang nghỉ. Mở cửa lại lúc 07:30 thứ Hai 30/11/2026.",
            ),
        ],
    )
    def test_office_hours(self, moment: str, open_now: bool, now: str) -> None:
        with clock.stopped_at(datetime.fromisoformat(moment).replace(tzinfo=clock.VIETNAM)):
            answer = make_app().test_client().get("/api/v1/conversations/1/office-hours", headers=HEADERS)
        assert answer.json["open_now"] is open_now
        week = (
            "Dạ, cơ quan làm việc 07:30-11:30 và 13:30-17:00, thứ Hai đến thứ Sáu, nghỉ thứ Bảy, Chủ nhật và ngày lễ."
        )
        assert answer.json["text"].startswith(f"{week} {now} Nghỉ lễ tới: ")

    def test_office_hours_tell_the_holidays_ahead(self) -> None:
        with clock.stopped_at(datetime(2026, 11, 25, 9, tzinfo=clock.VIETNAM)):
            answer = make_app().test_client().get("/api/v1/conversations/1/office-hours", headers=HEADERS)
        assert answer.json["text"].endswith("Nghỉ lễ tới: 01/01-03/01/2027; 04/02-10/02/2027.")

    @pytest.mark.parametrize("path", ["agencies/contacts?q=x", "conversations/1/office-hours"])
    def test_only_our_own_processes_may_ask(self, path: str) -> None:
        assert make_app().test_client().get(f"/api/v1/{path}").status_code == 401
