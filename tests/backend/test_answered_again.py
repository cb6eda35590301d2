"""kill -9 between what a message did and the note of its answer: the next worker does it once, and says the same."""

import itertools
import re
from datetime import timedelta

import pytest

import backend.citizens.keywords
import backend.complaints.keywords
import backend.dossiers.keywords
import backend.dossiers.photos
import backend.inbox.keywords
import backend.messaging.housekeeping
import backend.ratings.keywords  # noqa: F401
from backend import clock, storage
from backend.complaints.policy import State as ReportState
from backend.dossiers.policy import State
from backend.messaging import service as messaging
from backend.messaging import turn
from backend.messaging.service import Inbound
from tests.builders import messaging as make
from tests.builders.complaints import make_report
from tests.builders.dossiers import make_dossier
from tests.builders.public import picture

_ids = itertools.count(1)
PLACE = {"kind": "location", "latitude": 12.68, "longitude": 108.05, "place": "Phường Tân Lợi"}
LEASE = timedelta(seconds=30)
"""More than that of a turn."""


class Killed(BaseException):
    """Nothing of ours catches it."""


class Citizen:
    """Somebody who writes by SMS and Telegram. `kills`: the first worker dies before its note."""

    def __init__(self, monkeypatch, *, kills):
        self.address, self.kills = f"+84905{next(_ids):06d}", kills
        self.sms, scripted = make.install(monkeypatch)
        self.telegram, _ = make.install(monkeypatch, make.RecordingChannel("telegram"), scripted)
        self._complete, self._died = turn._complete, set()
        monkeypatch.setattr(turn, "_complete", self._die_first)

    def _die_first(self, taken, answer, outcome):
        if self.kills and taken.message.id not in self._died:
            self._died.add(taken.message.id)
            raise Killed
        return self._complete(taken, answer, outcome)

    def writes(self, words, *came, channel="sms"):
        """Every message that is sent, to whomever, before the answer is there."""
        before = len(self.sms.sent), len(self.telegram.sent)
        messaging.receive(Inbound(channel, f"m{next(_ids)}", self.address, words, attachments=came))
        try:
            make.work()
        except Killed:
            make.queue().storage.flush_all()
            with clock.stopped_at(clock.now() + LEASE):
                make.sweep()
                make.work()
        return self.sms.bodies[before[0] :], self.telegram.bodies[before[1] :]


def photo():
    kept = storage.store(picture(), "anh.jpg", actor="test")
    return {"kind": "file", "file_id": kept.id, "name": kept.name, "media_type": kept.media_type}


def links_and_unlinks(citizen):
    [texted], said = citizen.writes("LK 0912345678", channel="telegram")
    yield said
    code = re.search(r"\b\d{6}\b", texted)[0]
    for words in (f"LK {code}", "HUY LK"):
        yield citizen.writes(words, channel="telegram")


def links_by_the_code_alone(citizen):
    [texted], _ = citizen.writes("LK 0912345678", channel="telegram")
    yield citizen.writes(re.search(r"\b\d{6}\b", texted)[0], channel="telegram")


def stops_notices_and_resumes(citizen):
    yield citizen.writes("DUNG")
    yield citizen.writes("TIEP")


def reports_adds_and_withdraws(citizen):
    [receipt], _ = citizen.writes("PA đèn đường hỏng trước số 12 Nguyễn Du", photo(), PLACE)
    yield receipt
    code = re.search(r"PA (\d{6}-\d{4})", receipt)[1]
    yield citizen.writes(f"PA {code} cả tuần rồi")
    yield citizen.writes("", photo(), PLACE)
    yield citizen.writes(f"PA {code} RUT")


def is_content_or_not(citizen):
    conversation = messaging.conversation_with("sms", citizen.address)
    for word in ("XONG", "CHUA vẫn tối"):
        code = f"PA-260909-{5000 + next(_ids):04d}"
        make_report(state=ReportState.SENT, conversation_id=conversation, code=code)
        yield citizen.writes(f"PA {code.removeprefix('PA-')} {word}")


def rates(citizen):
    make_dossier(State.RETURNED, phone=citizen.address)
    yield citizen.writes("DG 5 nhanh")
    yield citizen.writes("DG BO QUA")


def asks_for_an_officer(citizen):
    yield citizen.writes("CB tôi cần gặp cán bộ")


def sends_what_belongs_to_nothing_yet(citizen):
    yield citizen.writes("", photo(), channel="telegram")
    yield citizen.writes("", PLACE, channel="telegram")
    yield citizen.writes("", PLACE)


def sends_a_missing_paper(citizen):
    make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh", "Văn bản ủy quyền"], phone=citizen.address)
    yield citizen.writes("", photo(), photo())
    yield citizen.writes("2")
    yield citizen.writes("", photo(), PLACE)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "life",
    [
        links_and_unlinks,
        links_by_the_code_alone,
        stops_notices_and_resumes,
        reports_adds_and_withdraws,
        is_content_or_not,
        rates,
        asks_for_an_officer,
        sends_what_belongs_to_nothing_yet,
        sends_a_missing_paper,
    ],
)
def test_asked_again_it_is_answered_the_same(life, monkeypatch):
    undisturbed = without_numbers(life(Citizen(monkeypatch, kills=False)))
    assert without_numbers(life(Citizen(monkeypatch, kills=True))) == undisturbed


def without_numbers(said):
    return [re.sub(r"\d+", "#", str(one)) for one in said]
