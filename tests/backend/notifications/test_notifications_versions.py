"""Versions of the texts: who wrote which, none is lost, none overwrites another unseen."""

import pytest
from sqlalchemy import select

from backend import clock
from backend.audit import AuditEntry
from backend.database import reading
from backend.errors import Conflict, InvalidInput, NotFound
from backend.notifications import versions
from backend.notifications.service import Event
from backend.notifications.versions import Slot
from tests.builders.messaging import work
from tests.builders.notifications import NOON, Channels, rows, tell
from tests.builders.organisation import make_officer

SMS = Slot(Event.RECEIVED, "", "sms")
MAIL = Slot(Event.RECEIVED, "", "email")


def test_the_shipped_text_is_version_zero(database):
    assert versions.in_force(SMS) == versions.shipped()[SMS]
    [only] = versions.history(SMS)
    assert (only.template.number, only.author_id, only.created_at) == (0, None, None)


def test_a_saved_version_is_in_force_at_once_and_the_message_knows_its_number(monkeypatch, database):
    ways, author = Channels(monkeypatch, "sms"), make_officer()
    with clock.stopped_at(NOON):
        assert versions.save(SMS, "Đã nhận {code}\r\n", base=0, author_id=author) == 1
        tell()
        work()
        assert ways["sms"].bodies == ["Da nhan H15.24.133-261123-0012"]
        with reading() as session:
            session.add(row := rows()[0])
            assert [attempt.template for attempt in row.attempts] == [1]


def test_versions_are_listed_newest_first_and_any_can_be_put_back(database):
    first, second = make_officer(), make_officer()
    versions.save(SMS, "Một {code}", base=0, author_id=first)
    versions.save(SMS, "Hai {code}", base=1, author_id=second)
    assert [v.template.number for v in versions.history(SMS)] == [2, 1, 0]
    assert [v.author_id for v in versions.history(SMS)] == [second, first, None]
    assert versions.restore(SMS, 0, author_id=first) == 3
    assert versions.in_force(SMS).text == versions.shipped()[SMS].text
    assert versions.restore(SMS, 1, author_id=first) == 4
    assert versions.in_force(SMS).text == "Một {code}"
    with pytest.raises(NotFound):
        versions.restore(SMS, 77, author_id=first)


def test_two_administrators_do_not_overwrite_each_other(database):
    author = make_officer()
    versions.save(SMS, "Một {code}", base=0, author_id=author)
    with pytest.raises(Conflict):
        versions.save(SMS, "Hai {code}", base=0, author_id=author)
    assert versions.in_force(SMS).text == "Một {code}"


def test_a_text_that_cannot_be_filled_is_not_saved(database):
    author = make_officer()
    for text in ("{ma}", "{code", ""):
        with pytest.raises(InvalidInput):
            versions.save(SMS, text, base=0, author_id=author)
    with pytest.raises(InvalidInput):
        versions.save(MAIL, "Có {code}", "", base=0, author_id=author)
    assert versions.changed() == {}


def test_saving_what_is_in_force_already_makes_no_version(database):
    shipped = versions.shipped()[MAIL]
    assert versions.save(MAIL, shipped.text, shipped.subject_line, base=0, author_id=make_officer()) == 0
    assert versions.changed() == {}


def test_texts_of_one_kind_do_not_touch_another(database):
    versions.save(MAIL, "Có {code}", " Tiêu   đề {code} ", base=0, author_id=make_officer())
    assert versions.in_force(SMS).number == 0
    assert versions.in_force(MAIL).subject_line == "Tiêu đề {code}"
    assert versions.changed() == {MAIL: 1}


def test_saving_leaves_a_trace_without_the_words(database):
    author = make_officer()
    versions.save(SMS, "Một {code}", base=0, author_id=author)
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.tag == "notice_template:saved")).one()
    assert (entry.actor, entry.details) == (f"officer:{author}", {})


def test_an_unknown_place_is_not_found(database):
    for names in (("received", "", "fax"), ("nothing", "", "sms"), ("received", "by_drone", "sms")):
        with pytest.raises(NotFound):
            versions.known(*names)
