"""Teaching the assistant: marked by officers, masked, decided by an administrator, exported, measured."""

from pathlib import Path

import pytest
import yaml
from flask import Flask

from backend import database
from backend.errors import Conflict, InvalidInput, NotFound, Unavailable
from backend.inbox import retraining, teaching, teaching_cli, teaching_web
from backend.inbox import service as inbox
from backend.inbox import web as inbox_web
from backend.inbox.retraining import Measured
from backend.messaging.models import Message
from backend.organisation import service as organisation
from backend.organisation.models import Role
from tests.builders import messaging as make
from tests.builders.organisation import make_app, make_officer, signed_in, token_of

SAID = "em là Trần Thị Mai 0905123456, làm giấy kết hôn ở Ea Tul hết nhiêu, CCCD 066099001234"
MASKED = "em là Oanh 0900000000, làm giấy kết hôn ở Ea Tul hết nhiêu, CCCD 000000000000"


@pytest.fixture
def house(database, monkeypatch):
    make.install(monkeypatch)
    received = make.text(SAID)
    inbox.escalate(received.conversation_id, "not_understood", "", received.message_id)
    return received


@pytest.fixture
def officer(database):
    return organisation.officer(make_officer(role=Role.HOTLINE_OPERATOR, name="Nguyễn Văn An"))


@pytest.fixture
def reviewer(database):
    return organisation.officer(make_officer(role=Role.ADMINISTRATOR))


def app_of() -> Flask:
    app = make_app()
    for pages in (inbox_web, teaching_web):
        app.register_blueprint(pages.blueprint)
    app.cli.add_command(teaching_cli.commands)
    return app


def marked(officer, text: str, intent: str = "ask_fee", **pointed: str) -> int:
    """A message that an officer has marked; the id of the row."""
    received = make.text(text)
    teaching.mark(received.conversation_id, received.message_id, intent, pointed, officer)
    return max(row.id for row in teaching.waiting())


def test_what_is_kept_is_masked_and_its_entities_are_marked(house, officer):
    pointed = {"procedure": "giay ket hon", "place": "Ea Tul", "agency": ""}
    teaching.mark(house.conversation_id, house.message_id, "ask_fee", pointed, officer)
    (row,) = teaching.waiting()
    assert row.example == (
        "em là Oanh [0900000000](phone), làm [giấy kết hôn](procedure) ở [Ea Tul](place) hết nhiêu,"
        " CCCD [000000000000](id_number)"
    )
    assert teaching.plain(row.example) == MASKED


def test_marking_is_refused_where_it_makes_no_sense(house, officer, reviewer):
    place = house.conversation_id, house.message_id
    for intent, pointed in (
        ("ask_weather", {}),
        ("ask_fee", {"procedure": "khai sinh"}),
        ("ask_fee", {"procedure": "giấy kết hôn", "place": "kết hôn ở"}),
    ):
        with pytest.raises(InvalidInput):
            teaching.mark(*place, intent, pointed, officer)
    with pytest.raises(NotFound):
        teaching.mark(house.conversation_id + 1, house.message_id, "ask_fee", {}, officer)
    teaching.mark(*place, "ask_fee", {}, officer)
    teaching.mark(*place, "ask_place", {}, officer)
    assert [row.intent for row in teaching.waiting()] == ["ask_place"]
    teaching.refuse(teaching.waiting()[0].id, "không rõ", reviewer)
    with pytest.raises(Conflict):
        teaching.mark(*place, "ask_fee", {}, officer)


def test_our_own_messages_are_not_marked(house, officer):
    make.work()
    with database.reading() as session:
        ours = max(row.id for row in session.query(Message).filter(Message.direction == "out"))
    with pytest.raises(NotFound):
        teaching.mark(house.conversation_id, ours, "ask_fee", {}, officer)


@pytest.mark.parametrize(
    "example",
    [
        "gọi tôi 0905123456",
        "chị Lan bảo nộp ở đâu",
        "[giấy kết hôn](paper) hết nhiêu",
        "[giấy kết hôn hết nhiêu",
        "/ask_fee",
        "   ",
        "a" * 400,
    ],
)
def test_the_reviewer_cannot_let_in_what_must_not_be_taught(officer, reviewer, house, example):
    number = marked(officer, "lệ phí sao ta")
    with pytest.raises(InvalidInput):
        teaching.accept(number, "ask_fee", example, reviewer)
    assert teaching.counts() == {"proposed": 1}


def test_a_test_utterance_is_never_taught(officer, reviewer, house, tmp_path, monkeypatch):
    utterance = teaching.plain(yaml.safe_load(teaching.TEST_SETS[0].read_text("utf-8"))[0]["text"])
    number = marked(officer, "lệ phí sao ta")
    with pytest.raises(InvalidInput, match="bộ kiểm tra"):
        teaching.accept(number, "ask_fee", utterance.upper() + " !!", reviewer)
    teaching.accept(number, "ask_fee", "tiền nong chi đó mấy đồng hè", reviewer)
    later = tmp_path / "set.yml"
    later.write_text("- {text: 'Tiền nong chi đó, mấy đồng hè?', intent: ask_fee}\n", "utf-8")
    monkeypatch.setattr(teaching, "TEST_SETS", (later,))
    assert teaching.export(tmp_path / "out.yml") == teaching.Export(written=0, known=0, held_out=1)


def test_the_export_is_training_data_and_always_the_same(officer, reviewer, house, tmp_path):
    known = next(line for line in (Path("nlu_data/nlu/ratings.yml")).read_text("utf-8").splitlines() if " - " in line)
    for intent, example in (
        ("ask_fee", "[cưới hỏi](procedure) nộp chi đó mấy đồng hè"),
        ("ask_fee", "Cưới hỏi nộp chi đó MẤY đồng hè?"),  # the same to the assistant
        ("ask_place", "nộp ở mô rứa hè o ơi"),
        ("rate_service", known.strip().removeprefix("- ")),
    ):
        number = marked(officer, f"câu {intent}")
        teaching.accept(number, intent, example, reviewer)
    to = tmp_path / "nlu" / "taught.yml"
    assert teaching.export(to) == teaching.Export(written=2, known=2, held_out=0)
    first = to.read_text("utf-8")
    assert yaml.safe_load(first)["nlu"] == [
        {"intent": "ask_fee", "examples": "- [cưới hỏi](procedure) nộp chi đó mấy đồng hè\n"},
        {"intent": "ask_place", "examples": "- nộp ở mô rứa hè o ơi\n"},
    ]
    teaching.export(to)
    assert to.read_text("utf-8") == first


def test_the_command_shows_what_retraining_changes(officer, reviewer, house, tmp_path, monkeypatch):
    teaching.accept(marked(officer, "a b"), "ask_fee", "nộp chi đó mấy đồng hè", reviewer)
    trained_on = []

    def trainer(data: Path) -> Measured:
        taught = data / "nlu" / "taught.yml"
        trained_on.append(taught.exists() and "mấy đồng hè" in taught.read_text("utf-8"))
        assert (data / "nlu" / "ratings.yml").exists()
        right = 0.95 if trained_on[-1] else 0.9
        return Measured(right, 0.8, 3, {"ask_fee": right, "greet": 1.0})

    monkeypatch.setattr(retraining, "train_and_measure", trainer)
    runner = app_of().test_cli_runner()
    shown = runner.invoke(args=["inbox", "export-nlu", "--to", str(tmp_path / "out.yml")])
    assert shown.exit_code == 0, shown.output
    assert trained_on == [False, True]
    for line in ("1 examples written", "1/2 trained", "2/2 trained", "0.900    0.950   +0.050", "  ask_fee"):
        assert line in shown.output
    assert "greet" not in shown.output

    def broken(_data: Path) -> Measured:
        raise Unavailable("Không huấn luyện thử được: no rasa")

    monkeypatch.setattr(retraining, "train_and_measure", broken)
    shown = runner.invoke(args=["inbox", "export-nlu", "--to", str(tmp_path / "out.yml")])
    assert (shown.exit_code, "no rasa" in shown.output) == (1, True)


def test_an_officer_marks_and_an_administrator_decides(house, officer, reviewer):
    app = app_of()
    operator, administrator = signed_in(app, officer.id), signed_in(app, reviewer.id)
    address = f"/officers/teaching/message/{house.conversation_id}/{house.message_id}"
    page = operator.get(address).get_data(as_text=True)
    assert MASKED in page
    assert "0905123456" not in page
    token = token_of(page)
    refused = operator.post(address, data={"csrf_token": token, "intent": "ask_fee", "entity-place": "Huế"})
    assert (refused.status_code, "Huế" in refused.get_data(as_text=True)) == (422, True)
    assert operator.post(address, data={"csrf_token": token, "intent": "ask_fee"}).status_code == 303
    assert operator.get("/officers/teaching/").status_code == 403
    assert operator.get("/officers/teaching/message/99/99").status_code == 404
    page = administrator.get("/officers/teaching/").get_data(as_text=True)
    (row,) = teaching.waiting()
    form = {"csrf_token": token_of(page), "intent": "ask_fee", "example": "<b>lệ phí</b> 0905123456"}
    kept = administrator.post(f"/officers/teaching/{row.id}", data=form)
    assert (kept.status_code, "&lt;b&gt;" in kept.get_data(as_text=True)) == (422, True)
    assert (
        administrator.post(f"/officers/teaching/{row.id}", data=form | {"example": "lệ phí chi rứa"}).status_code == 303
    )
    assert administrator.post(f"/officers/teaching/{row.id}", data=form | {"verdict": "refuse"}).status_code == 409
    assert teaching.counts() == {"accepted": 1}
    stranger = signed_in(app, make_officer(role=Role.SPECIALIST))
    assert stranger.get(address).status_code == 404


def test_every_intent_can_be_picked():
    domain = yaml.safe_load(Path("domain.yml").read_text("utf-8"))
    assert set(teaching.intents()) == set(domain["intents"])
    assert set(teaching.entities()) < set(domain["entities"])
