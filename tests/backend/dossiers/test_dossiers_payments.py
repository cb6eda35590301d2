"""Fees: set, paid at the desk and online, forged and doubled callbacks, refunds."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import calendar, clock
from backend.database import reading, transaction
from backend.dossiers import acts, payment_providers, payment_web, payments, service, wording
from backend.dossiers.acts import APPLICANT, Facts, by
from backend.dossiers.fees import PaymentState
from backend.dossiers.models import Dossier, Payment
from backend.dossiers.payment_providers import sandbox
from backend.dossiers.payment_providers.base import Order
from backend.dossiers.policy import Action, PaperState, State, StopReason
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from backend.notifications import service as notifications
from backend.organisation.models import Role
from backend.settings import settings
from backend.wsgi import build
from tests.builders.dossiers import dossier_id, get, make_crew, make_dossier, make_filing, make_procedure
from tests.builders.public import Citizen, dossier

FEE = 8000


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(notifications, "tell_applicant", lambda _s, telling, _to: heard.append(telling))
    return heard


@pytest.fixture
def code(database, told):
    procedure = make_procedure(
        "9.000444", "Cấp phép có lệ phí", service_level=4, fees=[{"amount": FEE, "text": "Lệ phí"}]
    )
    return make_dossier(State.SUBMITTED, procedure_code=procedure)


@pytest.fixture
def client(code):
    return build().test_client()


def rows():
    with reading() as session:
        return list(session.scalars(select(Payment).order_by(Payment.id)))


def states():
    return [row.state for row in rows()]


def call(client, *, amount=FEE, reference="", status="paid", transaction="T1", provider="sandbox", **headers):
    order = Order(reference or rows()[0].reference, amount, "")
    body, right = sandbox.callback(order, status, transaction)
    response = client.post(f"/payments/{provider}/callback", data=body, headers=right | headers)
    return response.status_code, (response.json or {}).get("outcome")


def withdraw(code):
    acts.act(dossier_id(code), Action.WITHDRAW, APPLICANT, Facts(reason="đổi ý"))


def test_a_signed_callback_pays_and_tells_once(client, code, told):
    assert call(client) == (200, "paid")
    assert call(client) == (200, "again")
    row = rows()[0]
    assert (row.state, row.method, row.provider, row.provider_reference) == ("paid", "online", "sandbox", "T1")
    assert [(one.event, one.facts["fee"]) for one in told if one.event == "fee_paid"] == [("fee_paid", "8.000")]
    assert payments.owed(dossier_with(code)) == 0


def dossier_with(code):
    with reading() as session:
        found = session.get_one(Dossier, dossier_id(code))
        assert found.payments is not None
        return found


def test_a_forged_callback_is_refused(client):
    assert call(client, **{sandbox.SIGNATURE: "t=1,v1=00"})[0] == 403
    assert call(client, **{sandbox.SIGNATURE: ""})[0] == 403
    assert call(client, **{sandbox.SIGNATURE: "t=x,v1=é"})[0] == 403
    body, headers = sandbox.callback(Order(rows()[0].reference, FEE, ""), "paid", "T1")
    changed = body.replace(b"8000", b"9000")
    assert client.post("/payments/sandbox/callback", data=changed, headers=headers).status_code == 403
    assert states() == ["due"]


@pytest.mark.parametrize("moved", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_an_old_callback_played_again_is_refused(client, moved):
    with clock.stopped_at(clock.now() - moved):
        body, headers = sandbox.callback(Order(rows()[0].reference, FEE, ""), "paid", "T1")
    assert client.post("/payments/sandbox/callback", data=body, headers=headers).status_code == 403
    assert states() == ["due"]


def test_paid_twice_the_second_is_given_back(client):
    call(client)
    assert call(client, transaction="T2") == (200, "refund")
    assert call(client, transaction="T2") == (200, "again")
    assert states() == ["paid", "refund_due"]
    assert rows()[1].surplus


@pytest.mark.parametrize("amount", [1, FEE - 1, FEE * 10])
def test_a_wrong_amount_does_not_pay_and_is_given_back(client, amount):
    assert call(client, amount=amount) == (200, "refund")
    assert [(row.state, row.amount) for row in rows()] == [("due", FEE), ("refund_due", amount)]


def test_a_payment_after_the_end_is_to_be_given_back_at_once(client, code):
    withdraw(code)
    assert states() == ["void"]
    assert call(client) == (200, "refund")
    assert states() == ["refund_due"]


def test_unknown_references_and_providers_are_refused(client):
    assert call(client, reference="khong-co")[0] == 404
    assert call(client, provider="momo")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'{"reference": 1}',
        b'{"reference": "a", "amount": "8000", "status": "paid", "transaction": "x"}',
        b'{"reference": "a", "amount": -1, "status": "paid", "transaction": "x"}',
        b'{"reference": "a\\u0000", "amount": 1, "status": "paid", "transaction": "x"}',
    ],
)  # fmt: skip
def test_signed_nonsense_is_refused(client, body):
    headers = {sandbox.SIGNATURE: sandbox.signature(body, int(clock.now().timestamp()))}
    assert client.post("/payments/sandbox/callback", data=body, headers=headers).status_code == 422
    assert client.post("/payments/sandbox/callback", data=b"x" * 20_000, headers=headers).status_code == 413


def test_giving_up_at_the_provider_changes_nothing(client):
    assert call(client, status="failed") == (200, "failed")
    assert states() == ["due"]


def test_the_sandbox_is_not_there_in_production(client, monkeypatch):
    address = sandbox.Sandbox().start(Order("r", 1, "x", "/"))
    path = "/sandbox/pay/" + address.rsplit("/", 1)[1]
    assert client.get(path).status_code == 200
    assert client.get("/sandbox/pay/gia").status_code == 404
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("SECRET_KEY", "k" * 20)
    monkeypatch.setenv("INTERNAL_TOKEN", "t" * 20)
    settings.cache_clear()
    assert payment_providers.chosen() is None
    assert client.get(path).status_code == 404
    assert call(client)[0] == 404


def test_the_applicant_pays_on_the_page_of_the_sandbox(code, monkeypatch):
    app = build()
    citizen = Citizen(app)
    key = dossier(code).key

    def post(address, *, content, headers, timeout):
        assert address == "http://127.0.0.1:8000/payments/sandbox/callback", "never where the request's Host leads"
        response = app.test_client().post("/payments/sandbox/callback", data=content, headers=headers)
        assert response.status_code == 200
        return type("Answer", (), {"raise_for_status": lambda self: None})()

    monkeypatch.setattr(payment_web.httpx, "post", post)
    to = citizen.does(key, "/nop-phi")
    assert to.status_code == 303
    path = "/" + to.headers["Location"].split("/", 3)[3]
    page = citizen.client.get(path).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    back = citizen.client.post(path, data={"csrf_token": token, "choice": "pay"})
    assert back.headers["Location"].endswith(f"/hs/{key}")
    assert "8.000 đồng, <strong>đã nộp" in citizen.sees(key)
    assert citizen.does(key, "/nop-phi").status_code == 409


def test_the_desk_takes_the_fee_and_only_the_desk(code):
    crew = make_crew()
    payment = rows()[0].id
    for role in (Role.SPECIALIST, Role.HEAD, Role.LEADER):
        with pytest.raises(Forbidden):
            payments.paid_at_desk(payment, by(crew[role]))
    payments.paid_at_desk(payment, by(crew[Role.RECEPTIONIST]))
    assert (rows()[0].state, rows()[0].method) == ("paid", "desk")
    with pytest.raises(Conflict):
        payments.paid_at_desk(payment, by(crew[Role.RECEPTIONIST]))
    with pytest.raises(NotFound):
        payments.paid_at_desk(999_999, by(crew[Role.RECEPTIONIST]))


def test_the_fee_is_set_waived_and_asked_for(code, told):
    desk = by(make_crew()[Role.RECEPTIONIST])
    payments.set_fee(dossier_id(code), 50_000, "Lệ phí mới", desk)
    assert (told[-1].event, told[-1].variant, told[-1].facts["fee"]) == ("fee_notice", "before_filing", "50.000")
    payments.set_fee(dossier_id(code), 0, "", desk)
    assert payments.owed(dossier_with(code)) == 0
    for amount in (-1, payments.MOST_AMOUNT + 1):
        with pytest.raises(InvalidInput):
            payments.set_fee(dossier_id(code), amount, "", desk)
    with pytest.raises(Forbidden):
        payments.set_fee(dossier_id(code), 1, "", APPLICANT)
    withdraw(code)
    with pytest.raises(Conflict):
        payments.set_fee(dossier_id(code), 1, "", desk)


def test_filed_online_at_level_four_the_fee_is_asked_before_it_is_taken_in(database, told):
    make_crew()
    procedure = make_procedure(
        "9.000444", "Cấp phép có lệ phí", service_level=4, fees=[{"amount": FEE, "text": "Lệ phí"}]
    )
    service.file(make_filing(procedure_code=procedure, filed_via="online"), APPLICANT)
    assert [(one.event, one.variant) for one in told] == [("filed", "online"), ("fee_notice", "before_filing")]


@pytest.mark.parametrize(
    ("facts", "variant"),
    [
        ({"filed_via": "online"}, "desk"),
        ({"filed_via": "online", "return_by": "post", "applicant_address": "1 Lê Duẩn"}, "before_filing"),
        ({"filed_via": "post", "applicant_address": "1 Lê Duẩn"}, "desk"),
    ],
)
def test_filed_from_afar_at_level_three_the_fee_is_told_with_where_to_pay_it(database, told, facts, variant):
    make_crew()
    procedure = make_procedure(
        "9.000333", "Cấp bản sao có lệ phí", service_level=3, fees=[{"amount": FEE, "text": "Lệ phí"}]
    )
    service.file(make_filing(procedure_code=procedure, **facts), APPLICANT)
    assert [one.variant for one in told if one.event == "fee_notice"] == [variant]


@pytest.mark.parametrize(
    ("state", "return_by", "variants"),
    [
        (State.SUBMITTED, "desk", []),  # they stand before the desk
        (State.PROCESSING, "desk", ["desk"]),
        (State.PROCESSING, "post", ["post"]),
        (State.PROCESSING, "online", ["before_collecting"]),
    ],
)
def test_a_fee_set_later_is_told_with_where_to_pay_it(database, told, state, return_by, variants):
    crew = make_crew()
    code = make_dossier(state, return_by=return_by, applicant_address="1 Lê Duẩn")
    payments.set_fee(dossier_id(code), 50_000, "Lệ phí", by(crew[Role.RECEPTIONIST]))
    assert [one.variant for one in told if one.event == "fee_notice"] == variants


@pytest.mark.parametrize(("return_by", "variant"), [("desk", "desk"), ("post", ""), ("online", "")])
def test_without_a_payment_provider_nobody_is_sent_to_pay_online(database, told, monkeypatch, return_by, variant):
    monkeypatch.setattr(payment_providers, "chosen", lambda: None)
    crew = make_crew()
    code = make_dossier(State.PROCESSING, return_by=return_by, applicant_address="1 Lê Duẩn")
    payments.set_fee(dossier_id(code), 50_000, "Lệ phí", by(crew[Role.RECEPTIONIST]))
    assert [one.variant for one in told if one.event == "fee_notice"] == [variant]
    with reading() as session:
        assert "tại UBND phường Tân Lợi" in wording.describe(session.get_one(Dossier, dossier_id(code)))
    page = Citizen(build()).sees(dossier(code).key)
    assert "Nộp lệ phí trực tuyến" not in page


@pytest.fixture
def waiting_for_a_fee(database, told, monkeypatch):
    """A dossier whose clock stands still for its fee; its id, its officers, and what officers were told."""
    heard = []
    monkeypatch.setattr(notifications, "tell_officers", lambda _s, telling, to: heard.append((telling.event, list(to))))
    crew = make_crew()
    number = dossier_id(make_dossier(State.PROCESSING))
    stop = Facts(reason="chưa nộp phí", stop_for=StopReason.FEE)
    with pytest.raises(InvalidInput) as refused:
        acts.act(number, Action.STOP_CLOCK, by(crew[Role.SPECIALIST]), stop)
    assert [entry["field"] for entry in refused.value.fields] == ["stop_for"]  # nothing is owed
    payments.set_fee(number, FEE, "Lệ phí", by(crew[Role.SPECIALIST]))
    acts.act(number, Action.STOP_CLOCK, by(crew[Role.SPECIALIST]), stop)
    heard.clear()
    return number, crew, heard


@pytest.mark.parametrize("way", ["at the desk", "waived"])
def test_a_clock_stopped_for_the_fee_runs_again_once_nothing_is_owed(waiting_for_a_fee, told, way):
    number, crew, heard = waiting_for_a_fee
    if way == "waived":
        payments.set_fee(number, 0, "", by(crew[Role.RECEPTIONIST]))
    else:
        payments.paid_at_desk(rows()[0].id, by(crew[Role.RECEPTIONIST]))
    assert (get(number).clock_stopped_at, get(number).clock_stopped_for) == (None, "")
    assert told[-1].event == "resumed"
    assert heard == [("fee_settled", [crew[Role.SPECIALIST].id])]


def test_a_fee_paid_while_papers_are_awaited_too_does_not_end_that_stop(waiting_for_a_fee):
    number, crew, heard = waiting_for_a_fee
    with transaction() as session:
        session.get_one(Dossier, number).papers[0].state = PaperState.MISSING
    ahead = Facts(deadline=calendar.add_working_days(clock.now(), 5))
    acts.act(number, Action.REQUEST_SUPPLEMENT, by(crew[Role.SPECIALIST]), ahead)
    payments.paid_at_desk(rows()[0].id, by(crew[Role.RECEPTIONIST]))
    assert get(number).clock_stopped_at is not None
    assert heard == []


def test_refunds_wait_out_the_undo_and_are_tried_until_the_provider_answers(client, code, told, monkeypatch):
    call(client)
    withdraw(code)
    assert states() == ["refund_due"]
    assert payments.refunds_due() == []  # can still be undone
    with clock.stopped_at(clock.now() + timedelta(seconds=20)):
        assert payments.refunds_due() == [rows()[0].id]
        asked = []

        def down(self, paid):
            asked.append(paid)
            raise Unavailable

        monkeypatch.setattr(sandbox.Sandbox, "refund", down)
        assert not payments.refund(rows()[0].id)
        assert states() == ["refund_due"]
        monkeypatch.setattr(sandbox.Sandbox, "refund", lambda self, paid: asked.append(paid))
        assert payments.refund(rows()[0].id)
        assert (states(), len(asked), told[-1].event) == (["refunded"], 2, "fee_refunded")
        assert payments.refunds_due() == []
        with pytest.raises(Conflict):
            payments.refund(rows()[0].id)


def test_what_the_desk_took_the_desk_gives_back(code):
    desk = by(make_crew()[Role.RECEPTIONIST])
    payments.paid_at_desk(rows()[0].id, desk)
    withdraw(code)
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        assert payments.refunds_due() == []
    with pytest.raises(Forbidden):
        payments.refunded_at_desk(rows()[0].id, APPLICANT)
    payments.refunded_at_desk(rows()[0].id, desk)
    assert states() == [PaymentState.REFUNDED]


def test_an_undone_refusal_does_not_bring_back_what_was_paid_too_much(client, code):
    call(client)
    call(client, transaction="T2")
    desk = by(make_crew()[Role.RECEPTIONIST])
    done = acts.act(dossier_id(code), Action.REFUSE, desk, Facts(reason="sai", legal_ground="Điều 1"))
    assert states() == ["refund_due", "refund_due"]
    acts.undo(dossier_id(code), done.event_id, desk)
    assert states() == ["paid", "refund_due"]
