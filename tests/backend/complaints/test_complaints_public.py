"""What everybody may read of reports, who decides on it, and what never gets there."""

import contextlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import yaml
from sqlalchemy import select

from backend.audit import Audit, AuditEntry
from backend.complaints import acts, consent, identity, province_map, public_web, published, publishing, wording
from backend.complaints.acts import Facts
from backend.complaints.models import ComplaintEvent
from backend.complaints.policy import Action, Kind, Protection, State
from backend.complaints.province_map import PROVINCE, Point
from backend.complaints.public_models import Publication
from backend.complaints.publishing import Draft
from backend.database import reading
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.messaging import service as messaging
from backend.organisation import sign_in
from backend.organisation.models import Level, Role
from backend.settings import ROOT, settings
from backend.wsgi import build
from tests.builders import organisation as house_of
from tests.builders.complaints import make_published, make_report

GOOD = Draft(words="Đèn hỏng trước chợ", answer="Đã thay bóng", agreed=True)


@pytest.fixture(scope="module")
def app():
    return build()


@pytest.fixture
def house(database):
    for throttle in (public_web.READING, public_web.GUESSING):
        throttle.forget()
    agency = house_of.make_agency(code="H15.01", name="Văn phòng UBND tỉnh")
    works = house_of.make_agency(code="H15.02", name="Sở Xây dựng")
    house_of.make_agency(code="H15.24.133", name="UBND phường Tân An", unit="Phường Tân An", level=Level.COMMUNE)
    return {
        role: sign_in.officer(house_of.make_officer(role=role, agency_id=where, name=name, password=password))
        for role, where, name, password in (
            (Role.HOTLINE_OPERATOR, agency, "Lò Thị Sen", house_of.PASSWORD),
            (Role.LEADER, works, "Nguyễn Văn An", None),
        )
    }


@pytest.fixture
def operator(house):
    return house[Role.HOTLINE_OPERATOR]


@pytest.fixture
def visitor(house, app):
    return app.test_client()


def page(visitor, path, status=200):
    response = visitor.get(path)
    assert response.status_code == status
    return response.get_data(as_text=True)


# --- publishing --------------------------------------------------------------------------------------------------


def test_an_operator_publishes_in_other_words_and_takes_it_back(operator, visitor):
    report = make_report("anh Tám 0905123456 báo đèn hỏng", latitude=12.68154, longitude=108.04021)
    publishing.publish(report, operator, Draft(**{**GOOD.__dict__, "with_place": True, "area": "Phường Tân An"}))
    text = page(visitor, "/phan-anh/")
    assert "Đèn hỏng trước chợ" in text
    assert "0905123456" not in text
    found = published.on_map(published.Wanted())[0]
    assert (found.latitude, found.longitude) == (12.682, 108.04)
    publishing.unpublish(report, operator, "công dân đổi ý")
    publishing.unpublish(report, operator, "lần nữa")
    assert "Đèn hỏng" not in page(visitor, "/phan-anh/")
    with reading() as session:
        actions = session.scalars(select(ComplaintEvent.action).order_by(ComplaintEvent.id)).all()
        tags = session.scalars(select(AuditEntry.tag).where(AuditEntry.subject == f"complaint:{report}")).all()
    assert actions == [Action.FILE, Action.CONSENT, Action.PUBLISH, Action.UNPUBLISH]
    assert sorted(tags) == sorted([Audit.COMPLAINT_PUBLISHED, Audit.COMPLAINT_UNPUBLISHED])


def test_what_must_not_be_public_is_refused(operator):
    for values in (
        {"kind": Kind.DENUNCIATION},
        {"kind": Kind.FORMAL_COMPLAINT},
        {"kind": Kind.EMERGENCY},
        {"protection": Protection.ANONYMOUS},
        {"protection": Protection.PROTECTED},
        {"about": [("H15.03", None)]},
        {"state": State.ROUTED},
        {"state": State.REOPENED},
        {"state": State.WITHDRAWN},
        {"may_publish": False},
    ):
        with pytest.raises(Conflict):
            publishing.publish(make_report(**values), operator, GOOD)


def test_what_turns_out_not_to_be_public_is_gone_everywhere(visitor):
    for report in (
        {"kind": Kind.DENUNCIATION},
        {"protection": Protection.PROTECTED},
        {"protection": Protection.ANONYMOUS},
        {"about": [("H15.03", None)]},
        {"state": State.WITHDRAWN},
        {"state": State.MERGED},
        {"may_publish": False},
    ):
        code = make_published("Lời cũ", report=report, latitude=12.68, longitude=108.04)
        assert "Lời cũ" not in page(visitor, f"/phan-anh/{code}", 404)
    for path in ("/phan-anh/", "/phan-anh/?q=loi+cu", "/phan-anh/ban-do"):
        assert "Lời cũ" not in page(visitor, path)


def test_who_thinks_again_is_gone_from_the_public_pages_at_once_and_no_officer_overrules_it(operator, visitor, app):
    conversation = messaging.conversation_with("sms", "+84905000111")
    report = make_report("đèn hỏng", conversation_id=conversation)
    with pytest.raises(InvalidInput, match="đồng ý"):
        publishing.publish(report, operator, replace(GOOD, agreed=False))
    publishing.publish(report, operator, GOOD)  # they said so on the phone, and that is kept
    code = published.listed([], 1)[0].code
    assert "KHONG CONG KHAI" in consent.say(conversation, code, True)
    page(visitor, f"/phan-anh/{code}")
    consent.say(conversation, code, False)
    page(visitor, f"/phan-anh/{code}", 404)
    with pytest.raises(Conflict, match="không cho công khai"):
        publishing.publish(report, operator, replace(GOOD, version=1))
    officer = house_of.signed_in(app, operator.id)
    shown = page(officer, f"/officers/complaints/{report}")
    assert "không cho công khai" in shown
    assert "Ai cũng đọc được" not in shown


def test_sorting_it_anew_as_a_denunciation_hides_it_at_once(operator, visitor):
    code = make_published(report={"state": State.REOPENED})
    with reading() as session:
        report = session.scalars(select(Publication.complaint_id)).one()
    page(visitor, f"/phan-anh/{code}")
    acts.act(report, Action.SORT, acts.by(operator), Facts(kind=Kind.DENUNCIATION))
    page(visitor, f"/phan-anh/{code}", 404)


def test_a_draft_that_is_not_ready_comes_back(operator):
    for changes, wrong in (
        ({"words": " "}, "words"),
        ({"answer": "x" * 2_001}, "answer"),
        ({"category": "nowhere"}, "category"),
        ({"area": "nhà bà Lan"}, "area"),
        ({"photos": ("of-another-report",)}, "photos"),
        ({"agreed": False}, "agreed"),
        ({"words": "Anh Tuấn ở đường Nguyễn Du báo"}, "no_names"),
    ):
        with pytest.raises(InvalidInput) as refused:
            publishing.publish(make_report(), operator, Draft(**{**GOOD.__dict__, **changes}))
        assert [one["field"] for one in refused.value.fields] == [wrong]


def test_numbers_and_known_names_are_masked_whatever_was_confirmed(operator):
    report = make_report(name="Hồ Văn Mười")
    typed = {"words": "hồ văn mười 0905 123 456 ở đường Nguyễn Du", "answer": "chị Sen, Lò Thị Sen đã gọi"}
    ready = publishing.preview(report, operator, Draft(**{**GOOD.__dict__, **typed, "no_names": True}))
    assert ready.words == "[tên] [số] ở đường Nguyễn Du"
    assert "Lò Thị Sen" not in ready.answer
    with reading() as session:
        assert session.scalars(select(Publication)).all() == []


def test_only_the_hotline_publishes_and_nobody_over_anothers_words(house, operator):
    report = make_report()
    with pytest.raises(Forbidden):
        publishing.publish(report, house[Role.LEADER], GOOD)
    with pytest.raises(Forbidden):
        publishing.unpublish(report, house[Role.LEADER], "lý do")
    publishing.publish(report, operator, GOOD)
    with pytest.raises(Conflict):
        publishing.publish(report, operator, GOOD)
    with pytest.raises(InvalidInput):
        publishing.unpublish(report, operator, " ")


def test_of_two_who_publish_at_once_one_is_told(operator, monkeypatch):
    report, both_inside = make_report(), threading.Barrier(2)
    known_names = identity.known_names

    def waits_for_the_other(*given):
        with contextlib.suppress(threading.BrokenBarrierError):  # the lock keeps the other out, as it should
            both_inside.wait(0.5)
        return known_names(*given)

    monkeypatch.setattr(identity, "known_names", waits_for_the_other)

    def publishes(words):
        try:
            publishing.publish(report, operator, Draft(**{**GOOD.__dict__, "words": words}))
        except Conflict:
            return "told"
        return "published"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(publishes, ("lời một", "lời hai"))) == ["published", "told"]


def test_the_officers_page_previews_publishes_and_takes_back(operator, visitor, app):
    report = make_report("bà Lan báo đèn hỏng, gọi 0905123456", name="Trần Thị Lan")
    browser = house_of.signed_in(app, operator.id)
    address = f"/officers/complaints/{report}"
    shown = browser.get(address).get_data(as_text=True)
    assert re.search(r'name="words"[^>]*>[^<]*\[tên\] báo đèn hỏng, gọi \[số\]', shown)
    form = {"csrf_token": house_of.token_of(shown), "words": "<b>Đèn</b> hỏng", "answer": "Đã thay", "version": "0"}
    shown = browser.post(f"{address}/publication", data={**form, "step": "preview"}).get_data(as_text=True)
    assert "Mọi người sẽ đọc" in shown
    assert "&lt;b&gt;Đèn" in shown
    refused = browser.post(f"{address}/publication", data={**form, "step": "publish"})
    assert refused.status_code == 422
    assert "Công khai khi người phản ánh đồng ý" in refused.get_data(as_text=True)
    done = browser.post(f"{address}/publication", data={**form, "step": "publish", "agreed": "1"})
    assert done.status_code == 303
    for version in ("0", "x", "9" * 30):
        stale = browser.post(
            f"{address}/publication", data={**form, "step": "publish", "agreed": "1", "version": version}
        )
        assert stale.status_code == 409
    text = page(visitor, "/phan-anh/")
    assert "&lt;b&gt;Đèn&lt;/b&gt; hỏng" in text
    assert browser.post(f"{address}/publication/withdraw", data=form).status_code == 422
    taken = browser.post(f"{address}/publication/withdraw", data={**form, "reason": "đổi ý"})
    assert taken.status_code == 303
    assert "hỏng" not in page(visitor, "/phan-anh/")


# --- reading -----------------------------------------------------------------------------------------------------


def test_the_list_is_searched_without_accents_and_filtered(visitor):
    make_published("Đèn đường hỏng", category="light", area="Phường Tân An")
    make_published("Rác đầy chợ", category="rubbish", report={"state": State.SETTLED})
    make_published("Mở lại rồi", category="", report={"state": State.REOPENED})
    for query, expected in {
        "q=den+duong": "Đèn", "q=%C4%91%C3%A8n": "Đèn", "linh_vuc=rubbish": "Rác", "linh_vuc=khac": "Mở lại",
        "trang_thai=settled": "Rác", "trang_thai=reviewed": "Mở lại", "trang_thai=answered": "Đèn",
        "noi=Ph%C6%B0%E1%BB%9Dng+T%C3%A2n+An": "Đèn",
    }.items():  # fmt: skip
        text = page(visitor, f"/phan-anh/?{query}")
        assert [word for word in ("Đèn đường", "Rác đầy", "Mở lại rồi") if word in text] == [
            next(word for word in ("Đèn đường", "Rác đầy", "Mở lại rồi") if word.startswith(expected))
        ], query
    assert "Không có phản ánh nào như vậy" in page(visitor, "/phan-anh/?q=khongco")


def test_what_an_address_says_wrongly_is_not_an_error(visitor):
    make_published("Đèn đường hỏng", latitude=12.68, longitude=108.04)
    for query in (
        "linh_vuc=x", "trang_thai=x", "trang=x", "trang=-1", "trang=" + "9" * 40, "trang=²", "khung=1,2", "khung=x",
        "khung=nan,nan,nan,nan", "khung=0,0,90,180", "noi=%00", "q=%00%25_", "q=" + "a" * 5_000,
    ):  # fmt: skip
        for path in ("/phan-anh/", "/phan-anh/ban-do"):
            page(visitor, f"{path}?{query}")


def test_pages_follow_one_another_and_an_empty_house_says_so(visitor):
    assert "Chưa có phản ánh nào được công khai" in page(visitor, "/phan-anh/")
    for number in range(published.PAGE_SIZE + 1):
        make_published(f"Việc số {number:02d}")
    first, second = page(visitor, "/phan-anh/?q=viec"), page(visitor, "/phan-anh/?q=viec&trang=2")
    assert "Việc số 20" in first
    assert "Việc số 00" not in first
    assert "Việc số 00" in second
    assert 'rel="next" href="/phan-anh/?q=viec&amp;trang=2"' in first


def test_one_page_tells_the_life_without_who_and_why(visitor, operator):
    report = make_report(name="Hồ Văn Mười")
    publishing.publish(report, operator, GOOD)
    acts.act(report, Action.REOPEN, acts.CITIZEN, Facts(reason="vẫn tắt đèn"))
    with reading() as session:
        code = session.scalars(select(Publication.code)).one()
    text = page(visitor, f"/phan-anh/{code}")
    assert "mở lại" in text
    assert "Đang xem lại" in text
    assert "Sở Xây dựng trả lời" in text
    for secret in ("vẫn tắt đèn", "Mười", operator.name):
        assert secret not in text
    moved = visitor.get(f"/phan-anh/{code.lower().replace('-', ' ')}")
    assert moved.headers["Location"].endswith(code)


def test_a_code_alone_shows_the_state_alone_and_guessing_is_stopped(visitor):
    with reading():
        report = make_report("chuyện kín", kind=Kind.DENUNCIATION, state=State.ROUTED, code="PA-260101-0001")
    assert report
    text = page(visitor, "/phan-anh/tra-cuu?ma=pa+260101+0001")
    assert "Cơ quan đang xử lý" in text
    assert not {"chuyện kín", "Sở Xây dựng", "Tố cáo"} & {
        word for word in ("chuyện kín", "Sở Xây dựng") if word in text
    }
    assert "aria-invalid" in page(visitor, "/phan-anh/tra-cuu?ma=xyz", 422)
    for number in range(10):
        page(visitor, f"/phan-anh/tra-cuu?ma=PA-260101-9{number:03d}", 404)
    page(visitor, "/phan-anh/tra-cuu?ma=PA-260101-0001", 429)
    page(visitor, "/phan-anh/")


def test_every_state_but_a_drafts_has_public_words_and_every_category_a_name(visitor):
    assert set(State) - set(published.BY_CODE) == {State.DRAFT}
    words = yaml.safe_load((ROOT / "backend/complaints/kinds.yml").read_text("utf-8"))
    assert set(wording.CATEGORIES) == {"", *words["categories"]}
    make_report(state=State.DRAFT, code="PA-260101-0002")
    page(visitor, "/phan-anh/tra-cuu?ma=PA-260101-0002", 404)


def test_photos_are_shown_only_where_an_officer_chose_them(visitor, house):
    from backend import storage
    from tests.builders.files import make_photo

    stored = storage.store(make_photo(), "den.jpg", actor="test")
    code = make_published(photos=[stored.id])
    assert visitor.get(f"/phan-anh/{code}/anh/1").mimetype == "image/jpeg"
    page(visitor, f"/phan-anh/{code}/anh/2", 404)
    page(visitor, f"/phan-anh/{make_published()}/anh/1", 404)


# --- the map -----------------------------------------------------------------------------------------------------


def test_the_projection_keeps_corners_middles_and_directions():
    assert PROVINCE.at(PROVINCE.north, PROVINCE.west) == (0, 0)
    assert PROVINCE.at(PROVINCE.south, PROVINCE.east) == (province_map.WIDTH, round(PROVINCE.height, 1))
    x, y = PROVINCE.at(12.68, 108.04)
    assert 0 < x < province_map.WIDTH / 2
    assert PROVINCE.height / 2 < y < PROVINCE.height
    # a degree is as long to the north as to the east, but for the cosine of the latitude
    (x1, y1), (x2, y2) = PROVINCE.at(12.9, 108.0), PROVINCE.at(13.0, 108.1)
    assert abs((y1 - y2) / (x2 - x1) - 1.0261) < 0.01


def test_near_points_are_one_mark_that_leads_nearer():
    points = [Point("a", 12.68, 108.04), Point("b", 12.681, 108.041), Point("c", 13.1, 109.3), Point("d", 20.0, 106.0)]
    found = {mark.keys: mark for mark in province_map.marks(PROVINCE, points)}
    assert set(found) == {("a", "b"), ("c",)}
    near = province_map.around(found["a", "b"].box)
    assert {mark.keys for mark in province_map.marks(near, points)} == {("a",), ("b",)}
    assert near.holds(12.68, 108.04)
    assert near.east - near.west < 0.1
    assert 0.5 < near.height / province_map.WIDTH < 1.2


def test_the_map_has_points_for_eyes_and_a_list_for_everybody(visitor):
    make_published("Đèn đường hỏng", latitude=12.68, longitude=108.04)
    make_published("Không có nơi")
    text = page(visitor, "/phan-anh/ban-do")
    svg = text[text.index("<svg") : text.index("</svg>")]
    assert 'aria-hidden="true"' in svg
    assert svg.count('class="point"') == 1
    assert svg.count('tabindex="-1"') == svg.count("<a ")
    assert "<image" not in svg
    assert "1 phản ánh trên bản đồ" in text
    assert "Không có nơi" not in text


def test_tiles_lie_under_it_where_the_house_has_them(visitor, monkeypatch):
    make_published(latitude=12.68, longitude=108.04)
    monkeypatch.setenv("MAP_TILES_URL", "https://tiles.example/{z}/{x}/{y}.png")
    monkeypatch.setenv("MAP_TILES_CREDIT", "© bản đồ nền")
    settings.cache_clear()
    response = visitor.get("/phan-anh/ban-do")
    text = response.get_data(as_text=True)
    # Buôn Ma Thuột lies in tile 409/237 of zoom 9: the standard formula of slippy maps, worked out by hand
    assert 'href="https://tiles.example/9/409/237.png"' in text
    assert "© bản đồ nền" in text
    assert "img-src 'self' https://tiles.example;" in response.headers["Content-Security-Policy"]
    monkeypatch.setenv("MAP_TILES_URL", "https://tiles.example/{z}.png")
    settings.cache_clear()
    with pytest.raises(ValueError, match="map_tiles_url"):
        settings()


def test_an_unknown_report_is_not_found_and_says_so(visitor):
    assert "được công khai" in page(visitor, "/phan-anh/PA-260101-0001", 404)
    with pytest.raises(NotFound):
        published.state_of("x")


def test_demo_reports_are_made_once(house, visitor):
    from backend.complaints import demo

    for code in set(re.findall(r"agency: (\S+),", demo._FILE.read_text("utf-8"))) - {"H15.24.133"}:
        house_of.make_agency(code=code)
    made = demo.seed()
    assert made > 20
    assert demo.seed() == 0
    text = page(visitor, "/phan-anh/")
    assert "Đã giải quyết xong" in text
    for standing in ("answered", "settled", "reviewed"):
        assert "Mã PA-" in page(visitor, f"/phan-anh/?trang_thai={standing}")
