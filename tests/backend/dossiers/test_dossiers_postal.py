"""Parcels: papers that come by post, results that go by post."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import clock
from backend.database import reading
from backend.dossiers import payments, postal, service
from backend.dossiers.acts import by
from backend.dossiers.carriers import sandbox
from backend.dossiers.models import Payment, Shipment
from backend.dossiers.policy import FiledVia, ReturnBy, State
from backend.errors import Conflict, NotFound, Unavailable
from backend.notifications import service as notifications
from backend.organisation.models import Role
from backend.settings import settings
from backend.wsgi import build
from tests.builders.dossiers import dossier_id, get, make_crew, make_dossier, make_filing
from tests.builders.public import Citizen, dossier


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(notifications, "tell_applicant", lambda _s, telling, _to: heard.append(telling))
    return heard


def ready(**values):
    make_crew()
    return make_dossier(State.RESULT_READY, **({"return_by": ReturnBy.POST, "applicant_address": "1 Lê Duẩn"} | values))


def parcel():
    with reading() as session:
        return session.scalars(select(Shipment)).one()


def order_all():
    return [postal.order(one) for one in postal.to_order()]


def test_a_result_by_post_is_ordered_once_and_its_code_told(database, told):
    ready()
    assert order_all() == [True]
    assert order_all() == []
    postal.order(parcel().id)
    posted = [one for one in told if one.event == "posted"]
    assert [one.facts["tracking"] for one in posted] == [parcel().tracking_code]
    assert parcel().tracking_code.endswith("VN")


def test_parcels_without_a_carrier_keep_none_of_the_others_waiting(database, told, monkeypatch):
    """They were made while none was configured, and may be more than are ordered in one go."""
    monkeypatch.setenv("POSTAL_CARRIER", "")
    settings.cache_clear()
    ready()
    waits = parcel().id
    monkeypatch.setenv("POSTAL_CARRIER", "sandbox")
    settings.cache_clear()
    ready()
    [found] = postal.to_order(limit=1)
    assert found != waits
    assert postal.order(found)
    assert postal.to_order() == []


def test_a_carrier_that_does_not_answer_is_asked_again(database, told, monkeypatch):
    def down(*_):
        raise Unavailable

    ready()
    with monkeypatch.context() as patch:
        patch.setattr(sandbox.Sandbox, "order", down)
        assert order_all() == [False]
    assert order_all() == [True]
    monkeypatch.setattr(sandbox.Sandbox, "track", down)
    assert postal.follow(parcel().id) == "ordered"


def test_what_is_delivered_ends_the_dossier(database, told):
    code = ready()
    order_all()
    for hours, state in ((1, "ordered"), (3, "on_the_way"), (27, "delivered")):
        with clock.stopped_at(parcel().created_at + timedelta(hours=hours)):
            assert postal.follow(parcel().id) == state
    assert len(parcel().track) == 4
    assert postal.to_follow() == []
    assert postal.to_hand_over() == [dossier_id(code)]
    postal.hand_over(dossier_id(code))
    assert get(dossier_id(code)).state == State.RETURNED
    assert postal.to_hand_over() == []
    with pytest.raises(Conflict):
        postal.hand_over(dossier_id(code))


def test_delivered_with_a_fee_owed_waits_for_the_fee(database, told):
    code = ready()
    order_all()
    desk = by(make_crew()[Role.RECEPTIONIST])
    payments.set_fee(dossier_id(code), 5000, "Lệ phí", desk)
    with clock.stopped_at(parcel().created_at + timedelta(hours=27)):
        postal.follow(parcel().id)
    assert postal.to_hand_over() == []
    payments.set_fee(dossier_id(code), 0, "", desk)
    assert postal.to_hand_over() == [dossier_id(code)]


def test_a_parcel_waits_for_the_fee(database, told):
    code = ready()
    desk = by(make_crew()[Role.RECEPTIONIST])
    payments.set_fee(dossier_id(code), 5000, "Lệ phí", desk)
    assert told[-1].variant == "post"
    assert postal.to_order() == []
    with reading() as session:
        fee = session.scalars(select(Payment.id)).one()
    payments.paid_at_desk(fee, desk)
    assert order_all() == [True]


def test_without_an_address_nothing_is_ordered_and_the_page_says_so(database, told):
    code = ready(applicant_address="  ")
    assert (parcel().state, postal.to_order()) == ("failed", [])
    assert "không ghi địa chỉ" in Citizen(build()).sees(dossier(code).key)


def test_papers_that_came_by_post_carry_their_code(database, told):
    make_crew()
    for _ in range(2):  # two dossiers in one envelope
        filing = make_filing(filed_via=FiledVia.POST, tracking_code=" EX123 ")
        service.file(filing, by(make_crew()[Role.RECEPTIONIST]))
    assert [(one.event, one.variant, one.facts["tracking"]) for one in told] == [("filed", "post", "EX123")] * 2
    assert postal.to_order() == postal.to_follow() == []


def test_the_page_shows_the_way_of_the_parcel(database, told):
    code = ready()
    order_all()
    page = Citizen(build()).sees(dossier(code).key)
    assert parcel().tracking_code in page
    assert "Đã yêu cầu bưu điện" in page


def test_unknown_parcels_and_check_digits(database):
    for do in (postal.order, postal.follow):
        with pytest.raises(NotFound):
            do(1)
    assert sandbox.check_digit("47312482") == 9  # the example of the standard
