"""The link, the screen at the desk, and what officers see."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from backend import clock, database
from backend.complaints import public_web as complaints_public
from backend.dossiers import public
from backend.dossiers.policy import State
from backend.inbox import service as inbox
from backend.messaging import channels
from backend.organisation.models import Role
from backend.ratings import asking, kiosks, public_web, sums, tasks, web
from backend.ratings.models import Rating
from tests.builders import messaging as make
from tests.builders.dossiers import AGENCY, dossier_id, get, make_crew, make_dossier, make_house
from tests.builders.organisation import make_app, make_officer, signed_in, token_of
from tests.builders.public import wrong
from tests.builders.ratings import make_rating

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LATER = MORNING + timedelta(hours=7)


@pytest.fixture
def app(database, monkeypatch):
    monkeypatch.setattr(channels, "_channels", {})
    make.install(monkeypatch, make.RecordingChannel(max_choices=6))
    for throttle in (public_web.READING, public_web.WRITING, public_web.GUESSING):
        throttle.forget()
    app = make_app()
    for pages in (web, public_web, public, complaints_public):
        app.register_blueprint(pages.blueprint)
    return app


@pytest.fixture
def link(app):
    with clock.stopped_at(MORNING):
        make_crew()
        make_dossier(State.RETURNED)
    with clock.stopped_at(LATER):
        tasks.ask.call_local()
        make.work()
    (request_id,) = ratings_requests()
    return urlsplit(asking.link_of(request_id)).path


def ratings_requests() -> list[int]:
    from backend.ratings.models import RatingRequest

    with database.reading() as session:
        return list(session.scalars(select(RatingRequest.id)))


def ratings() -> list[Rating]:
    with database.reading() as session:
        return list(session.scalars(select(Rating).order_by(Rating.id)))


def post(client, path: str, page: str | None = None, **form: object):
    page = page or client.get(path).get_data(as_text=True)
    return client.post(path, data={"csrf_token": token_of(page), **form})


def test_the_link_takes_a_rating_and_its_correction(app, link):
    client = app.test_client()
    with clock.stopped_at(LATER):
        sent = post(client, link, score="1", reason=["late", "manner", "nonsense"], words="chị Lan 0905123456 quá lâu")
        assert sent.status_code == 200
        (given,) = ratings()
        assert (given.score, given.reasons, given.words) == (1, ["late", "manner"], "chị [tên] [số] quá lâu")
        assert [line.reason for line in inbox.waiting()] == ["low_rating"]
        assert "Lan" not in inbox.waiting()[0].summary
        assert "checked" in client.get(link).get_data(as_text=True)
        post(client, link, score="4")
    assert [(r.score, r.reasons) for r in ratings()] == [(4, [])]
    with clock.stopped_at(LATER + timedelta(days=2)):
        assert "đã được đánh giá" in client.get(link).get_data(as_text=True)


@pytest.mark.parametrize("form", [{}, {"score": "9"}, {"score": "5", "officer_score": "x"}, {"score": "' OR 1"}])
def test_the_link_refuses_what_is_no_score_and_keeps_what_was_typed(app, link, form):
    with clock.stopped_at(LATER):
        sent = post(app.test_client(), link, words="chờ lâu", **form)
    assert sent.status_code == 422
    assert wrong(sent.get_data(as_text=True))
    assert "chờ lâu" in sent.get_data(as_text=True)
    assert ratings() == []


def test_a_wrong_link_shows_nothing_and_cannot_be_guessed(app, link):
    client = app.test_client()
    assert client.get(link.swapcase().replace("/DANH-GIA/", "/danh-gia/")).status_code == 404
    with clock.stopped_at(LATER + timedelta(days=60)):
        assert client.get(link).status_code == 404
    statuses = [client.get("/danh-gia/x").status_code for _ in range(12)]
    assert statuses[-1] == 429


def test_the_link_can_be_skipped(app, link):
    with clock.stopped_at(LATER):
        assert "không hỏi lại" in post(app.test_client(), link, skip="1").get_data(as_text=True)
    assert ratings() == []


def screen(app, agency: str = AGENCY):
    make_house()
    key = kiosks.add(AGENCY, "quầy 3", actor="officer:1")
    client = app.test_client()
    locked = client.get(f"/kiosk/{agency}")
    assert locked.status_code == 403
    page = locked.get_data(as_text=True)
    client.post(f"/kiosk/{agency}/key", data={"csrf_token": token_of(page), "key": key.lower()})
    return client


def tap(client, score: str = "5"):
    page = client.get(f"/kiosk/{AGENCY}").get_data(as_text=True)
    return client.post(f"/kiosk/{AGENCY}", data={"csrf_token": token_of(page), "score": score})


def test_the_screen_takes_a_tap_and_what_follows(app):
    client = screen(app)
    with clock.stopped_at(MORNING):
        code = make_dossier(State.RESULT_READY)
        second = tap(client, "2").headers["Location"]
        assert "Thái độ chưa tốt" in client.get(second).get_data(as_text=True)
        receipt = f"http://127.0.0.1:8000/hs/{get(dossier_id(code)).key}"
        done = post(client, second, reason="trips", officer_score="3", dossier=receipt, words="đi 3 lần")
    assert 'http-equiv="refresh"' in done.get_data(as_text=True)
    (given,) = ratings()
    assert (given.score, given.officer_score, given.reasons) == (2, 3, ["trips"])
    assert (given.dossier_code, given.proved, given.way) == (code, True, "kiosk")
    make.work()
    assert "tại quầy" in channels.get("sms").bodies[-1]  # type: ignore[attr-defined]
    assert [line.reason for line in inbox.waiting()] == ["low_rating"]


def test_a_code_typed_at_the_desk_gives_way_to_the_applicant(app, link):
    client = screen(app)
    code = codes()[0]
    with clock.stopped_at(LATER):
        post(client, tap(client, "1").headers["Location"], dossier=code)
        assert [(r.dossier_code, r.proved) for r in ratings()] == [(code, False)]
        post(app.test_client(), link, score="5")
    assert sorted((r.dossier_code or "", r.score) for r in ratings()) == [("", 1), (code, 5)]


def codes() -> list[str]:
    from backend.ratings.models import RatingRequest

    with database.reading() as session:
        return list(session.scalars(select(RatingRequest.dossier_code)))


def test_the_screen_refuses_strangers_floods_and_nonsense(app):
    stranger = app.test_client()
    page = stranger.get(f"/kiosk/{AGENCY}").get_data(as_text=True)
    assert stranger.post(f"/kiosk/{AGENCY}", data={"csrf_token": token_of(page), "score": "5"}).status_code == 403
    client = screen(app)
    assert client.get("/kiosk/H15.99").status_code == 403  # the key is of another agency
    with clock.stopped_at(MORNING):
        assert tap(client, "7").status_code == 422
        second = tap(client).headers["Location"]
        refused = post(client, second, dossier="khong co", words="giữ lại")
        assert (refused.status_code, "giữ lại" in refused.get_data(as_text=True)) == (422, True)
        assert client.get(second + "x").status_code == 404
        assert [tap(client).status_code for _ in range(7)][-1] == 429
    assert len(ratings()) == kiosks.MOST_A_MINUTE
    kiosks.revoke(kiosks.all_devices()[0].id, actor="officer:1")
    assert client.get(f"/kiosk/{AGENCY}").status_code == 403


def months(count: int = 6, **values) -> None:
    for number in range(count):
        make_rating(number % 5 + 1, words=f"lời góp ý số {'i' * number}", **values)


def test_leaders_see_sums_and_comments_and_the_rated_officer_only_sums(app):
    crew = make_crew()
    rated = crew[Role.SPECIALIST]
    months(6, officer_id=rated.id, officer_score=4, reasons=["late"])
    make_rating(1, procedure="1.000001", words="chỉ một mình tôi", agency="H15.99")
    assert sums.release() == 2
    leader = signed_in(app, crew[Role.LEADER].id)
    page = leader.get("/officers/ratings/").get_data(as_text=True)
    for seen in ("lời góp ý số", "Chờ lâu, trễ hẹn: 6", "09/2026", rated.name, "<rect"):
        assert seen in page, seen
    assert "chỉ một mình tôi" not in page
    own = signed_in(app, rated.id).get("/officers/ratings/mine").get_data(as_text=True)
    assert "góp ý số" not in own
    assert "5 lượt" in own
    assert signed_in(app, rated.id).get("/officers/ratings/").status_code == 403
    sheet = leader.get("/officers/ratings/csv")
    assert sheet.headers["Cache-Control"] == "no-store"
    csv = sheet.get_data(as_text=True)
    assert csv.startswith("\ufeff")
    assert "Cơ quan H15.24.316,2,1,1,1,1,6" in csv


def test_odd_filters_show_nothing_and_do_no_harm(app):
    months()
    sums.release()
    client = signed_in(app, make_officer(role=Role.PROVINCE_LEADER, agency_id=make_house()))
    for query in ("year=x&month=13", "agency=%27--&procedure=<b>", "year=99999", "year=٣"):
        assert client.get(f"/officers/ratings/?{query}").status_code == 200


def test_an_administrator_adds_and_revokes_screens(app):
    client = signed_in(app, make_officer(role=Role.ADMINISTRATOR, agency_id=make_house()))
    page = client.get("/officers/ratings/devices").get_data(as_text=True)
    made = client.post(
        "/officers/ratings/devices", data={"csrf_token": token_of(page), "agency": AGENCY.lower(), "name": "quầy 1"}
    )
    assert f"/kiosk/{AGENCY}" in made.get_data(as_text=True)
    for form in ({"agency": "H99", "name": "x"}, {"agency": AGENCY, "name": " "}):
        assert client.post("/officers/ratings/devices", data={"csrf_token": token_of(page), **form}).status_code == 422
    (device,) = kiosks.all_devices()
    client.post(f"/officers/ratings/devices/{device.id}/revoke", data={"csrf_token": token_of(page)})
    assert kiosks.all_devices()[0].revoked_at
