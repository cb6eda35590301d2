"""A dossier of every service level, and one of several agencies, from filing to result.

Real processes, real pages in Chromium, officers of every role; what the applicant's phone got, word by word.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import inspect, select

import backend.models  # noqa: F401 - a dossier's relations need every table
from backend import clock
from backend.dossiers.models import Dossier, DossierStep
from backend.organisation import service as organisation
from backend.organisation import sign_in
from backend.organisation.models import Role
from tests.end_to_end import stack as stacks
from tests.end_to_end.officers import PHOTO, SCAN, Citizen, Officer, Paper, Person, browsing, chromium
from tests.end_to_end.stack import PASSWORD, Stack

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]

DESK, SPECIALIST, HEAD, LEADER = "demo-motcua", "demo-chuyenvien", "demo-truongphong", "demo-lanhdao"
JUSTICE, HEALTH = "H15.903", "H15.916"
STAFF = (
    ("truongphong-tp", "Trưởng phòng Tư pháp", Role.HEAD, JUSTICE),
    ("chuyenvien-tp", "Chuyên viên Tư pháp", Role.SPECIALIST, JUSTICE),
    ("truongphong-yt", "Trưởng phòng Y tế", Role.HEAD, HEALTH),
    ("chuyenvien-yt", "Chuyên viên Y tế", Role.SPECIALIST, HEALTH),
)
WARD = "UBND phuong Buon Ma Thuot"


@dataclass
class House:
    """The system with whoever works in it; an officer signs in when first needed and stays at their browser."""

    stack: Stack
    browser: Browser
    citizens: list[Citizen] = field(default_factory=list)
    _signed_in: dict[str, Officer] = field(default_factory=dict)

    def officer(self, username: str) -> Officer:
        """An officer at their browser."""
        if username not in self._signed_in:
            self._signed_in[username] = Officer(self.browser, self.stack, username)
        return self._signed_in[username]

    def citizen(self, name: str, phone: str, address: str = "") -> Citizen:
        """Somebody with a phone."""
        self.citizens.append(Citizen(self.browser, self.stack, Person(name, phone, address)))
        return self.citizens[-1]

    def let_pass(self, code: str, time: timedelta) -> None:
        """As if everything of a dossier had happened that much earlier."""
        with self.stack.database() as session:
            dossier = session.scalars(select(Dossier).where(Dossier.code == code)).one()
            for row in (dossier, *dossier.history, *dossier.steps, *dossier.shipments):
                mapped = inspect(type(row))
                held = {name: getattr(row, name) for name in mapped.columns.keys()}  # noqa: SIM118 - not a dict
                earlier = {name: at - time for name, at in held.items() if isinstance(at, datetime)}
                if earlier:  # past the mapper, which lets nobody change a history
                    table = mapped.local_table
                    session.execute(table.update().where(table.c.id == row.id).values(earlier))

    def let_pass_until_due(self, code: str, title: str) -> None:
        """As if a step were due this very day."""
        with self.stack.database() as session:
            step = session.scalars(
                select(DossierStep).join(Dossier).where(Dossier.code == code, DossierStep.title == title)
            ).one()
            assert step.due_at
            midnight = clock.local(clock.now()).replace(hour=23, minute=59)
            time = step.due_at - midnight
        self.let_pass(code, time)


def hire(stack: Stack) -> None:
    """Officers of the agencies that take part, beside those of the ward."""
    with stack.database():
        for username, name, role, agency in STAFF:
            sign_in.add_officer(
                name=name,
                username=username,
                password=PASSWORD,
                agency_id=organisation.agency_by_code(agency).id,
                role=role,
            )


def came_to_its_end(code: str, name: str) -> str:
    """The last text of every dossier; how satisfied its applicant is, is asked some working hours later."""
    return f"Ho so {code} ({name}) da tra ket qua xong. Cam on anh/chi."


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Pages, SMS and worker; nobody here asks the assistant."""
    if chromium() is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing in CI")
        pytest.skip("chromium is not installed")
    stack = stacks.from_template(template, tmp_path_factory.mktemp("workflow") / "data")
    hire(stack)
    try:
        stack.start("web", "sms", "worker")
        stack.wait_until_ready()
        with browsing() as browser:
            yield House(stack, browser)
    finally:
        stack.stop()


def test_level_2_filed_at_the_desk_with_a_paper_missing(house: House):
    desk, head, specialist, leader = (house.officer(name) for name in (DESK, HEAD, SPECIALIST, LEADER))
    lan = house.citizen("H'Lan Niê", "0905100002", "12 Y Ngông, phường Buôn Ma Thuột")

    code = desk.file(
        "Mai táng phí đối với cựu chiến binh",
        lan.person,
        {
            "Bản khai của thân nhân": Paper(compared=True),
            "Biên bản ủy quyền": Paper("Không cần"),
            "Giấy chứng tử": Paper("Thiếu hoặc sai", "bản sao mờ, không đọc được ngày"),
            "Hồ sơ người có công": Paper(),
        },
        finish="Ghi và yêu cầu bổ sung",
    )
    until = desk.bring_until
    asked = lan.text_number(1)
    desk.check({"Giấy chứng tử": Paper(compared=True)}).act("Đã nhận đủ bổ sung")
    desk.act("Tiếp nhận hồ sơ").undo()
    desk.act("Tiếp nhận hồ sơ")
    due = desk.due
    head.open(code).act("Phân công", {"Giao cho": "Chuyên viên (thử)"})
    specialist.open(code).act("Bắt đầu xử lý").act("Trình lãnh đạo ký")
    leader.open(code).act("Ký duyệt")
    lan.text_number(3)
    specialist.open(code).attach_result("15/QĐ-UBND")
    desk.open(code).act("Báo đã có kết quả").act("Trả kết quả")
    lan.text_number(5)

    link, name = lan.link, "Mai tang phi doi voi cuu chien binh"
    assert asked == lan.texts[0]
    assert lan.texts == [
        (
            f"Ho so {code} con thieu: Giay chung tu (ban sao mo, khong doc duoc ngay). Anh/chi gui anh tai {link}"
            f" hoac mang den {WARD}, han cuoi {until}. Qua han, ho so se bi huy."
        ),
        f"{WARD} da nhan du giay to bo sung cua ho so {code}. Cam on anh/chi. Theo doi: {link}",
        (
            f"{WARD} da tiep nhan ho so {code} ({name}). Hen tra ket qua: {due}. Co ket qua se nhan anh/chi."
            f" Theo doi: {link}"
        ),
        (
            f"Ho so {code} ({name}) DA CO KET QUA. Moi anh/chi mang giay hen va can cuoc den {WARD} de nhan,"
            f" trong gio hanh chinh. {link}"
        ),
        came_to_its_end(code, name),
    ]
    assert desk.open(code).history == [
        "Cán bộ một cửa (thử) nộp hồ sơ",
        "Cán bộ một cửa (thử) yêu cầu bổ sung giấy tờ",
        "Cán bộ một cửa (thử) nhận đủ giấy tờ bổ sung",
        "Cán bộ một cửa (thử) tiếp nhận hồ sơ đã hoàn tác lúc",
        "Cán bộ một cửa (thử) tiếp nhận hồ sơ",
        "Trưởng phòng (thử) phân công xử lý cho Chuyên viên (thử)",
        "Chuyên viên (thử) bắt đầu xử lý",
        "Chuyên viên (thử) trình lãnh đạo ký",
        "Chủ tịch phường (thử) ký duyệt",
        "Cán bộ một cửa (thử) báo đã có kết quả",
        "Cán bộ một cửa (thử) trả kết quả",
    ]
    ward = "UBND phường Buôn Ma Thuột"
    assert [(row.who, row.standing) for row in desk.control_slip()] == [
        (f"{ward} Cán bộ một cửa (thử) Nhận, kiểm tra hồ sơ", ""),
        ("Người nộp hồ sơ Bổ sung giấy tờ (không tính thời hạn)", ""),
        (f"{ward} Cán bộ một cửa (thử) Nhận, kiểm tra hồ sơ", ""),
        (f"{ward} Trưởng phòng (thử) Phân công", ""),
        (f"{ward} Chuyên viên (thử) Thẩm định, giải quyết", "Trước hạn"),
        (f"{ward} Chủ tịch phường (thử) Xem xét, ký duyệt", "Trước hạn"),
        (f"{ward} Cán bộ một cửa (thử) Chuyển kết quả về một cửa", "Trước hạn"),
        (f"{ward} Cán bộ một cửa (thử) Trả kết quả", ""),
    ]
    assert "cam on" in house.stack.text(lan.person.number, "DG 5").lower()


def test_level_3_filed_online_originals_and_fee_at_the_desk_result_by_post(house: House):
    desk, head, specialist, leader = (house.officer(name) for name in (DESK, HEAD, SPECIALIST, LEADER))
    nam = house.citizen("Trần Văn Nam", "0905100003", "45 Lê Duẩn, phường Buôn Ma Thuột")

    code = nam.file_online(
        "2.000635",
        "UBND phường Buôn Ma Thuột",
        {"Tờ khai xin cấp bản sao": PHOTO, "Căn cước hoặc hộ chiếu": PHOTO},
        back="Gửi qua bưu điện đến địa chỉ trên",
    )
    nam.text_number(2)
    desk.open(code).decide("Tờ khai xin cấp bản sao", "Nhận").decide("Căn cước hoặc hộ chiếu", "Nhận")
    desk.check({"Tờ khai xin cấp bản sao": Paper(compared=True), "Căn cước hoặc hộ chiếu": Paper(compared=True)})
    desk.take_fee("8.000 đ").act("Tiếp nhận hồ sơ")
    due = desk.due
    head.open(code).act("Phân công", {"Giao cho": "Chuyên viên (thử)"})
    specialist.open(code).act("Bắt đầu xử lý").act("Trình lãnh đạo ký")
    leader.open(code).act("Ký duyệt")
    nam.text_number(3)
    desk.open(code).attach_result("881/TLHT").act("Báo đã có kết quả")
    house.stack.do_now("backend.dossiers.tasks:order_parcels")
    nam.text_number(5)
    house.let_pass(code, timedelta(hours=27))
    house.stack.do_now("backend.dossiers.tasks:follow_parcels")
    nam.text_number(6)

    link, name = nam.link, "Ban sao giay khai sinh, trich luc ho tich"
    parcel = desk.open(code).parcel
    assert nam.texts == [
        (f"Anh/chi da nop xong ho so {code} ({name}) qua mang. {WARD} se kiem tra va nhan lai som. Theo doi: {link}"),
        f"Con mot buoc: nop phi, le phi 8.000 dong de {WARD} nhan ho so {code}. Anh/chi nop tai {link}",
        (
            f"{WARD} da tiep nhan ho so {code} ({name}). Hen co ket qua: {due}. Ket qua se duoc buu dien mang den"
            f" nha anh/chi. Theo doi: {link}"
        ),
        (
            f"Ho so {code} ({name}) DA CO KET QUA, se gui qua buu dien den nha anh/chi. Anh/chi de y dien thoai"
            f" cua buu ta. Theo doi: {link}"
        ),
        (
            f"Ket qua ho so {code} da giao cho buu dien, ma buu gui {parcel}. Anh/chi de y dien thoai va mang can"
            f" cuoc khi nhan. Theo doi: {link}"
        ),
        came_to_its_end(code, name),
    ]
    assert desk.history == [
        "Người nộp hồ sơ nộp hồ sơ",
        "Cán bộ một cửa (thử) tiếp nhận hồ sơ",
        "Trưởng phòng (thử) phân công xử lý cho Chuyên viên (thử)",
        "Chuyên viên (thử) bắt đầu xử lý",
        "Chuyên viên (thử) trình lãnh đạo ký",
        "Chủ tịch phường (thử) ký duyệt",
        "Cán bộ một cửa (thử) báo đã có kết quả",
        "Hệ thống trả kết quả",
    ]
    expect(nam.follow_link().page.get_by_role("region", name="Bưu gửi kết quả")).to_contain_text(parcel)


def test_level_4_filed_and_paid_online_with_a_paper_sent_again_result_online(house: House):
    desk, head, specialist, leader = (house.officer(name) for name in (DESK, HEAD, SPECIALIST, LEADER))
    mai = house.citizen("Lê Thị Mai", "0905100004", "7 Nguyễn Tất Thành, phường Buôn Ma Thuột")
    fire = "Giấy tờ chứng minh đủ điều kiện phòng cháy"

    code = mai.file_online(
        "3.000243",
        "UBND phường Buôn Ma Thuột",
        {"Văn bản đề nghị": SCAN, "Giấy đăng ký kinh doanh": SCAN, fire: PHOTO, "Bản khai lý lịch": SCAN},
        back="Nhận bản điện tử trên mạng",
    )
    mai.text_number(2)
    mai.follow_link().pay()
    desk.open(code)
    for paper in ("Văn bản đề nghị", "Giấy đăng ký kinh doanh", "Bản khai lý lịch"):
        desk.decide(paper, "Nhận")
    desk.decide(fire, "Trả lại", "ảnh chụp thiếu trang 2").act("Yêu cầu bổ sung")
    until = desk.bring_until
    mai.text_number(4)
    mai.follow_link().send(fire, PHOTO)
    desk.open(code).decide(fire, "Trả lại", "ảnh bị lóa")
    mai.text_number(5)
    mai.follow_link().send(fire, PHOTO)
    desk.open(code).decide(fire, "Nhận").act("Đã nhận đủ bổ sung")
    mai.text_number(6)
    desk.act("Tiếp nhận hồ sơ")
    due = desk.due
    head.open(code).act("Phân công", {"Giao cho": "Chuyên viên (thử)"})
    specialist.open(code).act("Bắt đầu xử lý").act("Trình lãnh đạo ký")
    leader.open(code).act("Trả lại chuyên viên", {"Lý do": "Thiếu ý kiến về lối thoát nạn"})
    specialist.open(code).act("Trình lãnh đạo ký")
    leader.open(code).act("Ký duyệt").attach_result("02/GCN-ANTT")
    mai.text_number(7)
    desk.open(code).act("Báo đã có kết quả")
    mai.text_number(8)
    assert mai.follow_link().download_result().startswith(b"%PDF")
    mai.text_number(9)

    link, name = mai.link, "Giay du dieu kien an ninh, trat tu"
    asked = "Giay to chung minh du dieu kien phong chay, chua chay"
    assert mai.texts == [
        (f"Anh/chi da nop xong ho so {code} ({name}) qua mang. {WARD} se kiem tra va nhan lai som. Theo doi: {link}"),
        f"Con mot buoc: nop phi, le phi 300.000 dong de {WARD} nhan ho so {code}. Anh/chi nop tai {link}",
        f"Da nhan 300.000 dong phi, le phi cua ho so {code} ({name}). Cam on anh/chi. Theo doi: {link}",
        (
            f"Ho so {code} con thieu: {asked} (anh chup thieu trang 2). Anh/chi gui anh tai {link} hoac mang den"
            f" {WARD}, han cuoi {until}. Qua han, ho so se bi huy."
        ),
        (
            f"Ho so {code}: {asked} anh/chi gui chua dung duoc (anh bi loa). Nho anh/chi gui lai,"
            f" han cuoi {until}, tai {link}"
        ),
        f"{WARD} da nhan du giay to bo sung cua ho so {code}. Cam on anh/chi. Theo doi: {link}",
        (
            f"{WARD} da tiep nhan ho so {code} ({name}). Hen co ket qua: {due}. Ket qua la ban dien tu, anh/chi xem"
            f" va tai tai {link}"
        ),
        f"Ho so {code} ({name}) DA CO KET QUA. Anh/chi xem va tai ban dien tu tai {link}",
        came_to_its_end(code, name),
    ]
    assert desk.open(code).history == [
        "Người nộp hồ sơ nộp hồ sơ",
        "Cán bộ một cửa (thử) yêu cầu bổ sung giấy tờ",
        "Cán bộ một cửa (thử) nhận đủ giấy tờ bổ sung",
        "Cán bộ một cửa (thử) tiếp nhận hồ sơ",
        "Trưởng phòng (thử) phân công xử lý cho Chuyên viên (thử)",
        "Chuyên viên (thử) bắt đầu xử lý",
        "Chuyên viên (thử) trình lãnh đạo ký",
        "Chủ tịch phường (thử) trả lại chuyên viên",
        "Chuyên viên (thử) trình lãnh đạo ký",
        "Chủ tịch phường (thử) ký duyệt",
        "Cán bộ một cửa (thử) báo đã có kết quả",
        "Hệ thống trả kết quả",
    ]


def test_an_interconnected_dossier_passes_three_agencies_two_of_them_side_by_side(house: House):
    desk, head, specialist, leader = (house.officer(name) for name in (DESK, HEAD, SPECIALIST, LEADER))
    justice_head, justice, health_head, health = (house.officer(name) for name, *_ in STAFF)
    house.officer("demo-quantri").set_workflow(
        "2.000986",
        [
            ("1", "Đăng ký khai sinh", "Cơ quan giải quyết", "25"),
            ("2", "Đối chiếu dữ liệu hộ tịch", "Sở Tư pháp", "10"),
            ("2", "Cấp thẻ bảo hiểm y tế", "Sở Y tế", "75"),
        ],
    )
    hoa = house.citizen("Phạm Thị Hoa", "0905100005", "3 Phan Chu Trinh, phường Buôn Ma Thuột")

    papers = ["Tờ khai đăng ký khai sinh", "Giấy chứng sinh", "Phiếu báo thay đổi hộ khẩu", "Tờ khai tham gia bảo hiểm"]
    code = desk.file(
        "Khai sinh, thường trú, thẻ BHYT trẻ dưới 6 tuổi",
        hoa.person,
        {name: Paper() for name in papers},
        typed={"Trả kết quả": "Nhận bản điện tử"},
        finish="Tiếp nhận",
    )
    due = desk.due
    head.open(code).act("Phân công", {"Giao cho": "Chuyên viên (thử)"})
    house.let_pass(code, timedelta(days=9))
    specialist.open(code).act("Bắt đầu xử lý").act("Xong bước này, chuyển tiếp")
    justice_head.open(code).act("Phân công", {"Giao cho": "Chuyên viên Tư pháp"})
    health_head.open(code).act("Phân công", {"Giao cho": "Chuyên viên Y tế"})
    health.open(code).act("Bắt đầu xử lý").act("Xong bước này, chuyển tiếp")
    assert desk.open(code).held_by == [
        "Đăng ký khai sinh · Đã xong: Chuyên viên (thử) · trễ hạn",
        "Đối chiếu dữ liệu hộ tịch · Đã giao: Chuyên viên Tư pháp",
        "Cấp thẻ bảo hiểm y tế · Đã xong: Chuyên viên Y tế",
    ]
    house.let_pass_until_due(code, "Đối chiếu dữ liệu hộ tịch")
    justice.open(code).act("Bắt đầu xử lý").act("Trình lãnh đạo ký")
    leader.open(code).act("Ký duyệt")
    hoa.text_number(1)
    desk.open(code).attach_result("77/2026").act("Báo đã có kết quả")
    hoa.text_number(2)
    hoa.follow_link().download_result()
    hoa.text_number(3)

    link, name = hoa.link, "Khai sinh, thuong tru, the BHYT tre duoi 6 tuoi"
    assert hoa.texts == [
        (
            f"{WARD} da tiep nhan ho so {code} ({name}). Hen co ket qua: {due}. Ket qua la ban dien tu, anh/chi xem"
            f" va tai tai {link}"
        ),
        f"Ho so {code} ({name}) DA CO KET QUA. Anh/chi xem va tai ban dien tu tai {link}",
        came_to_its_end(code, name),
    ]
    slip = desk.open(code).control_slip()
    ward, justice_place, health_place = "UBND phường Buôn Ma Thuột", "Sở Tư pháp", "Sở Y tế"
    assert [(row.who, row.standing) for row in slip] == [
        (f"{ward} Cán bộ một cửa (thử) Nhận, kiểm tra hồ sơ", ""),
        (f"{ward} Trưởng phòng (thử) Phân công", ""),
        (f"{ward} Chuyên viên (thử) Đăng ký khai sinh", "Quá hạn"),
        (f"{justice_place} Trưởng phòng Tư pháp Phân công", ""),
        (f"{health_place} Trưởng phòng Y tế Phân công", ""),
        (f"{justice_place} Chuyên viên Tư pháp Đối chiếu dữ liệu hộ tịch", "Đúng hạn"),
        (f"{health_place} Chuyên viên Y tế Cấp thẻ bảo hiểm y tế", "Trước hạn"),
        (f"{ward} Chủ tịch phường (thử) Xem xét, ký duyệt", "Trước hạn"),
        (f"{ward} Cán bộ một cửa (thử) Chuyển kết quả về một cửa", "Trước hạn"),
        (f"{ward} Trả kết quả", ""),
    ]
    assert all(row.until is not None and row.since <= row.until for row in slip)
    on_its_way = [slip[n] for n in (0, 1, 2, 3, 5, 7, 8, 9)]  # the health department works beside the one of justice
    assert [row.until for row in on_its_way[:-1]] == [row.since for row in on_its_way[1:]], "nobody held it meanwhile"
