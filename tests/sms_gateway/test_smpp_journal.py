"""What outlives the session process: segments taken and their receipts, segments of citizens' texts."""

import asyncio
from datetime import timedelta

import pytest

from backend import clock
from backend.database import transaction
from backend.messaging import service, tasks
from backend.messaging.channels import Reply
from backend.messaging.models import Status
from sms_gateway.channel import SmsChannel
from sms_gateway.providers.base import Provider
from sms_gateway.smpp import journal, receipts
from sms_gateway.smpp.journal import Arrived, Reported, Taken
from sms_gateway.smpp.parts import Part
from tests.builders import messaging, sms

pytestmark = pytest.mark.usefixtures("database")


class Carrier(Provider):
    """Takes everything, as so many segments."""

    name = "smpp"

    def __init__(self) -> None:
        self.references: list[str] = []

    def try_send(self, to, body, reference):
        self.references.append(reference)
        return journal.provider_id(reference)


@pytest.fixture
def carrier(monkeypatch):
    sms.configure(monkeypatch)
    carrier = Carrier()
    messaging.install(monkeypatch, SmsChannel(carrier))
    return carrier


def write(call):
    with transaction() as session:
        return call(session)


def sent(carrier: Carrier, *ids: str) -> int:
    """A message of as many segments as there are carrier's ids; the ledger's id of it."""
    conversation = service.conversation_with("sms", sms.CITIZEN)
    message_id = service.say(conversation, Reply("Dạ, hồ sơ đã có kết quả."))
    tasks.deliver.call_local(message_id)
    for number, theirs in enumerate(ids, 1):
        taken = Taken(carrier.references[-1], number, len(ids), sms.CITIZEN, theirs)
        write(lambda session, taken=taken: journal.note_taken(session, [taken]))
    return message_id


def receipt(text: str, source: str = "84905123456", tlvs=None) -> bool:
    read = receipts.read(text.encode(), 0, tlvs or {})
    assert read is not None
    return write(lambda session: journal.note_receipts(session, [Reported(read, source)]))[0]


DELIVERED = "id:{} sub:001 dlvrd:001 submit date:2611281230 done date:2611281231 stat:DELIVRD err:000 text:Da"


@pytest.mark.parametrize(
    ("taken_as", "told_as"),
    [("abc7", "abc7"), ("ABC7", "abc7"), ("1a2b", "6699"), ("6699", "1A2B"), ("0042", "42"), ("0000002A", "42")],
)
def test_receipts_are_known_in_every_spelling(carrier, taken_as, told_as):
    message_id = sent(carrier, taken_as)
    assert receipt(DELIVERED.format(told_as))
    assert messaging.row(message_id).status == Status.DELIVERED


def test_a_receipt_by_parameters_wins_over_its_text(carrier):
    message_id = sent(carrier, "77")
    failed = {0x001E: b"77\0", 0x0427: b"\x05", 0x0423: b"\x03\x00\x0b"}
    assert receipt("whatever the vendor writes", tlvs=failed)
    row = messaging.row(message_id)
    assert (row.status, row.error_code) == (Status.FAILED, "UNDELIV 11")


def test_two_numbers_messages_with_confusable_ids_are_told_apart(carrier):
    first = sent(carrier, "10")  # hexadecimal 16
    other = service.conversation_with("sms", "+84905999999")
    second = service.say(other, Reply("Dạ."))
    tasks.deliver.call_local(second)
    write(lambda s: journal.note_taken(s, [Taken(carrier.references[-1], 1, 1, "+84905999999", "16")]))
    assert receipt(DELIVERED.format("16"), source="84905123456")
    assert [messaging.row(m).status for m in (first, second)] == [Status.DELIVERED, Status.SENT]


def test_a_message_is_delivered_when_all_of_it_is(carrier):
    message_id = sent(carrier, "1", "2")
    receipt(DELIVERED.format(2))
    assert messaging.row(message_id).status == Status.SENT
    receipt(DELIVERED.format(2))
    assert messaging.row(message_id).status == Status.SENT, "the same twice is one"
    receipt(DELIVERED.format(1))
    assert messaging.row(message_id).status == Status.DELIVERED


def test_a_message_is_lost_when_a_part_of_it_is(carrier):
    message_id = sent(carrier, "1", "2")
    receipt(DELIVERED.format(1))
    receipt("id:2 stat:EXPIRED err:021")
    assert (messaging.row(message_id).status, messaging.row(message_id).error_code) == (Status.FAILED, "EXPIRED 021")


def test_a_receipt_that_is_faster_than_our_note_is_kept(carrier):
    assert not receipt(DELIVERED.format("ff"))
    message_id = sent(carrier, "ff")
    assert messaging.row(message_id).status == Status.DELIVERED


def test_what_gathered_is_settled_together_and_in_order(carrier):
    """Two messages, one of them in two parts; a receipt before its segment, one twice, one that takes nothing back."""
    single, parted = sent(carrier), sent(carrier)
    first, second = carrier.references
    read = [receipts.read(DELIVERED.format(n).encode(), 0, {}) for n in (2, 1, 3, 3)]
    failed = receipts.read(b"id:3 stat:UNDELIV err:001", 0, {})
    early, *others = [Reported(each, "84905123456") for each in [*read, failed]]
    assert write(lambda s: journal.note_receipts(s, [early])) == [False]
    segments = [Taken(first, 1, 1, sms.CITIZEN, "1"), *(Taken(second, n, 2, sms.CITIZEN, str(n + 1)) for n in (1, 2))]
    write(lambda s: journal.note_taken(s, segments))
    assert [messaging.row(each).status for each in (single, parted)] == [Status.SENT, Status.SENT]
    assert write(lambda s: journal.note_receipts(s, others)) == [True] * 4
    assert [messaging.row(each).status for each in (single, parted)] == [Status.DELIVERED, Status.DELIVERED]
    write(lambda s: journal.note_taken(s, segments))
    assert journal.taken([first, second]) == {first: {1}, second: {1, 2}}


def test_one_that_spoils_it_is_alone_with_that(carrier):
    message_id = sent(carrier)
    notes = journal.Journal()

    def note(session, items):
        if "spoilt" in items:
            raise ValueError
        return journal.note_taken(session, [Taken(item, 1, 1, sms.CITIZEN, "1") for item in items])

    async def together():
        asked = [notes.note(note, item) for item in ("spoilt", carrier.references[0])]
        return await asyncio.gather(*asked, return_exceptions=True)

    spoilt, noted = asyncio.run(together())
    notes.close()
    assert isinstance(spoilt, ValueError)
    assert noted is None
    assert journal.whole(carrier.references[0])
    assert messaging.row(message_id).status == Status.SENT


@pytest.mark.parametrize("text", ["id:1 stat:UNKNOWN err:000", "id:1 stat:XYZZY"])
def test_receipts_that_say_nothing_change_nothing(carrier, text):
    message_id = sent(carrier, "1")
    assert receipt(text)
    assert messaging.row(message_id).status == Status.SENT


def test_what_names_no_message_is_no_receipt():
    assert receipts.read(b"stat:DELIVRD", 0, {}) is None
    assert receipts.read(b"\xff\x00", 8, {0x001E: b"\x01\xff"}) is None


# --- citizens' texts --------------------------------------------------------------------------------------


def arrive(text: str, number: int = 1, total: int = 1, *, reference: int = 7, source: str = "84905123456") -> str:
    data = text.encode("utf-16-be")
    arrived = Arrived(source, "8088", 8, Part(reference if total > 1 else 0, total, number, data))
    return write(lambda session: journal.note_arrived(session, [arrived]))[0]


def tidied() -> int:
    return write(lambda session: journal.tidy(session, [None]))[0]


def texts() -> list[str]:
    return [message.text for message in sms.messages() if message.direction == "in"]


def test_parts_out_of_order_and_repeated_make_one_text(carrier):
    words = ["Đường ngập ", "trước cổng ", "chợ Buôn Hồ"]
    done = [arrive(words[n - 1], n, 3) for n in (3, 1, 3, 2, 1, 2)]
    assert done == ["part", "part", "repeated", "received", "repeated", "repeated"]
    assert texts() == ["Đường ngập trước cổng chợ Buôn Hồ"]


def test_texts_of_several_people_with_one_reference_do_not_mix(carrier):
    arrive("a1", 1, 2)
    arrive("b1", 1, 2, source="84905999999")
    arrive("b2", 2, 2, source="84905999999")
    arrive("a2", 2, 2)
    assert texts() == ["b1b2", "a1a2"]


def test_a_repetition_within_the_window_is_the_carriers_and_later_the_citizens(carrier):
    now = clock.now()
    for seconds, done in ((0, "received"), (20, "repeated"), (90, "received")):
        with clock.stopped_at(now + timedelta(seconds=seconds)):
            assert arrive("DG 5") == done
    assert texts() == ["DG 5", "DG 5"]


def test_a_part_that_never_comes_does_not_keep_the_rest(carrier):
    now = clock.now()
    with clock.stopped_at(now):
        arrive("Em hỏi", 1, 3)
        arrive("khai sinh", 3, 3)
    with clock.stopped_at(now + timedelta(seconds=500)):
        assert tidied() == 0
    with clock.stopped_at(now + timedelta(seconds=700)):
        assert tidied() == 1
        assert tidied() == 0
    assert texts() == ["Em hỏi … khai sinh"]


def test_texts_are_nfc(carrier):
    arrive("giấy")
    assert texts() == ["giấy"]


@pytest.mark.parametrize("source", ["VIETTEL", "9029", "", "٠٩٠٥١٢٣٤٥٦"])
def test_machines_are_not_answered(carrier, source):
    assert arrive("chào", source=source) == "machine"
    assert texts() == []
