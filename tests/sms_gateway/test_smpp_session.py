"""The session against a carrier that does what it should not: mutated units, nonsense, late and doubled answers."""

import asyncio
import itertools
import random
import struct
import time
from collections.abc import Awaitable, Callable

import pytest
import smpp34
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sms_gateway.smpp import door, pdu
from sms_gateway.smpp import session as session_module
from sms_gateway.smpp.door import Handed, OneHanded
from sms_gateway.smpp.journal import Journal
from sms_gateway.smpp.session import Result, Session
from tests.builders import messaging, sms
from tests.builders.mutations import NUMBER

pytestmark = pytest.mark.usefixtures("database")

BODY = "Da, ho so cua anh/chi da co ket qua."
Answer = Callable[[pdu.Frame, asyncio.StreamWriter], Awaitable[None]]


class Carrier:
    """Binds everybody; `on_submit` answers. `frames` is what it was sent after the bind."""

    def __init__(self, on_submit: Answer | None = None) -> None:
        self.on_submit, self.frames = on_submit or self.accept, list[pdu.Frame]()
        self.writer: asyncio.StreamWriter | None = None
        self.binds = 0

    @staticmethod
    async def accept(frame: pdu.Frame, writer: asyncio.StreamWriter) -> None:
        writer.write(pdu.plain(pdu.SUBMIT_SM | pdu.RESPONSE, frame.sequence, body=f"{frame.sequence}\0".encode()))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                frame = await pdu.read(reader)
                if frame.command == pdu.BIND_TRANSCEIVER:
                    writer.write(pdu.plain(frame.command | pdu.RESPONSE, frame.sequence, body=b"smsc\0"))
                    self.writer, self.binds = writer, self.binds + 1
                    continue
                self.frames.append(frame)
                if frame.command == pdu.SUBMIT_SM:
                    await self.on_submit(frame, writer)
                elif frame.command == pdu.UNBIND:
                    writer.write(pdu.plain(frame.command | pdu.RESPONSE, frame.sequence))
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    def answers(self, command: int) -> list[pdu.Frame]:
        return [frame for frame in self.frames if frame.command == command | pdu.RESPONSE]


def run(monkeypatch, carrier: Carrier, test: Callable[[Session], Awaitable[None]], **changes: str) -> None:
    """`test` with a session bound to the carrier."""

    async def together() -> None:
        server = await asyncio.start_server(carrier.serve, "127.0.0.1", 0)
        port = str(server.sockets[0].getsockname()[1])
        quick = {"SMPP_PORT": port, "SMPP_RESPONSE_SECONDS": "0.5", "SMPP_RECONNECT_MOST_SECONDS": "0.5"}
        journal = Journal()
        session = Session(sms.configure(monkeypatch, **(quick | changes)), journal)
        running = asyncio.create_task(session.run())
        try:
            async with asyncio.timeout(120):
                while not session.is_bound:
                    await asyncio.sleep(0.01)
                await test(session)
        finally:
            running.cancel()
            await asyncio.wait([running])
            await asyncio.to_thread(journal.close)
            server.close()

    asyncio.run(together())


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("status", "result"),
    [(0x58, "later"), (0x14, "later"), (0x08, "later"), (0x0B, "rejected"), (0x0E, "later"), (0x4444, "unclassified")],
)
def test_what_a_refusal_means(monkeypatch, status, result):
    async def refuse(frame, writer):
        writer.write(pdu.plain(pdu.SUBMIT_SM | pdu.RESPONSE, frame.sequence, status))

    async def test(session):
        got = await session.send(sms.CITIZEN, BODY, "1-x")
        assert (got.result, got.code) == (result, f"0x{status:08X}")

    run(monkeypatch, Carrier(refuse), test)


def test_a_throttled_session_is_quiet_for_longer_each_time(monkeypatch):
    async def refuse(frame, writer):
        writer.write(pdu.plain(pdu.SUBMIT_SM | pdu.RESPONSE, frame.sequence, 0x58))

    async def test(session):
        pauses = [(await session.send(sms.CITIZEN, BODY, f"{n}")).after for n in range(3)]
        assert pauses[0] < pauses[1] < pauses[2]
        seen = len(carrier.frames)
        assert (await session.send(sms.CITIZEN, BODY, "9")).result == "later"
        assert len(carrier.frames) == seen, "it was asked although it wants to be left alone"

    carrier = Carrier(refuse)
    run(monkeypatch, carrier, test)


def test_only_the_segments_without_an_answer_are_handed_over_again(monkeypatch):
    silent = {2}

    async def some(frame, writer):
        number = smpp34.decode(frame.raw).short_message[5]
        if number not in silent:
            await Carrier.accept(frame, writer)

    async def test(session):
        assert (await session.send(sms.CITIZEN, "x" * 400, "1-x")).result == "undecided"
        silent.clear()
        assert (await session.send(sms.CITIZEN, "x" * 400, "1-x")).result == "sent"
        headers = [bytes(smpp34.decode(frame.raw).short_message[:6]) for frame in carrier.frames]
        assert [header[5] for header in headers] == [1, 2, 2, 3]
        assert len({header[3] for header in headers}) == 1, "the phone could not join them"

    carrier = Carrier(some)
    run(monkeypatch, carrier, test)


def test_a_carrier_that_is_down_is_tried_again_ever_more_seldom(monkeypatch):
    tried = []

    async def refuse(_reader, writer):
        tried.append(time.monotonic())
        writer.close()

    async def together() -> None:
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        port = str(server.sockets[0].getsockname()[1])
        journal = Journal()
        settings = sms.configure(monkeypatch, SMPP_PORT=port, SMPP_RECONNECT_MOST_SECONDS="1")
        running = asyncio.create_task(Session(settings, journal).run())
        await until(lambda: len(tried) == 5)
        running.cancel()
        await asyncio.wait([running])
        await asyncio.to_thread(journal.close)
        server.close()

    asyncio.run(together())
    waited = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert waited[1] > 1.2 * waited[0], "half a second, then twice as long"
    assert min(waited[1:]) > 0.75, "and never again less than a second, give or take a fifth"


def test_no_more_is_open_at_once_than_the_window_says(monkeypatch):
    open_now, most = set(), []

    async def slowly(frame, writer):
        async def answer():
            await asyncio.sleep(0.05)
            open_now.discard(frame.sequence)
            await Carrier.accept(frame, writer)

        open_now.add(frame.sequence)
        most.append(len(open_now))
        tasks.append(asyncio.create_task(answer()))

    async def test(session):
        results = await session.send_all([(sms.CITIZEN, BODY, f"{n}-x") for n in range(20)])
        assert results == [Result("sent")] * 20
        assert max(most) == 4, "the carrier allows four, and four are used"

    tasks: list[asyncio.Task[None]] = []
    run(monkeypatch, Carrier(slowly), test, SMPP_WINDOW="4")


def test_the_same_message_asked_twice_at_once_is_handed_over_once(monkeypatch):
    async def slowly(frame, writer):
        await asyncio.sleep(0.2)
        await Carrier.accept(frame, writer)

    async def test(session):
        results = await asyncio.gather(*(session.send(sms.CITIZEN, BODY, "1-x") for _ in range(3)))
        assert results == [Result("sent")] * 3
        assert (await session.send(sms.CITIZEN, BODY, "1-x")).result == "sent"
        assert len(carrier.frames) == 1

    carrier = Carrier(slowly)
    run(monkeypatch, carrier, test)


def test_a_late_answer_is_written_down(monkeypatch):
    async def late(frame, writer):
        async def answer():
            await asyncio.sleep(0.8)
            await Carrier.accept(frame, writer)

        tasks.append(asyncio.create_task(answer()))

    async def test(session):
        assert (await session.send(sms.CITIZEN, BODY, "1-x")).result == "undecided"
        await asyncio.gather(*tasks)
        await asyncio.sleep(0.3)
        assert (await session.send(sms.CITIZEN, BODY, "1-x")).result == "sent"
        assert len(carrier.frames) == 1

    tasks: list[asyncio.Task[None]] = []
    carrier = Carrier(late)
    run(monkeypatch, carrier, test)


def test_enquiries_and_unknown_requests_are_answered(monkeypatch):
    async def test(session):
        carrier.writer.write(pdu.plain(pdu.ENQUIRE_LINK, 77) + pdu.plain(0x103, 78) + pdu.plain(0x102, 79))
        await until(lambda: len(carrier.frames) == 2)
        assert [(f.command, f.sequence) for f in carrier.frames] == [(0x80000015, 77), (pdu.GENERIC_NACK, 78)]
        carrier.writer.write(pdu.plain(pdu.UNBIND, 80))
        await until(lambda: carrier.binds == 2)

    carrier = Carrier()
    run(monkeypatch, carrier, test)


@pytest.mark.parametrize("nonsense", [b"\xff" * 64, b"\x00" * 16, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_peer_that_does_not_speak_smpp_is_left(monkeypatch, nonsense):
    async def test(session):
        carrier.writer.write(nonsense)
        await until(lambda: carrier.binds == 2)

    carrier = Carrier()
    run(monkeypatch, carrier, test)


async def delivered(carrier: Carrier, words: str) -> None:
    """The carrier hands over a citizen's text and has its answer."""
    before = len(carrier.answers(pdu.DELIVER_SM))
    carrier.writer.write(pdu.plain(pdu.DELIVER_SM, before + 1, body=of_citizen(words)))
    await until(lambda: len(carrier.answers(pdu.DELIVER_SM)) > before)


def of_citizen(words: str) -> bytes:
    return smpp34.DeliverSm("84905123456", "8088", words.encode()).encode()[16:]


def came() -> list[str]:
    return [message.text for message in sms.messages() if message.direction == "in"]


def test_what_a_citizen_texts_twice_is_no_repetition_of_a_carrier_that_had_its_answer(monkeypatch):
    messaging.install(monkeypatch)

    async def test(session):
        for words in ("TIEP THEO", "TIEP THEO", "1", "TIEP THEO"):
            await delivered(carrier, words)

    carrier = Carrier()
    run(monkeypatch, carrier, test)
    assert came() == ["TIEP THEO", "TIEP THEO", "1", "TIEP THEO"]


def test_what_a_carrier_had_no_answer_to_comes_again_over_the_next_link_and_counts_once(monkeypatch):
    messaging.install(monkeypatch)

    async def test(session):
        carrier.writer.write(pdu.plain(pdu.DELIVER_SM, 1, body=of_citizen("TIEP THEO")))
        carrier.writer.close()
        await until(lambda: carrier.binds == 2 and session.is_bound and came())
        await delivered(carrier, "TIEP THEO")
        assert came() == ["TIEP THEO"]
        await delivered(carrier, "TIEP THEO")

    carrier = Carrier()
    run(monkeypatch, carrier, test)
    assert came() == ["TIEP THEO"] * 2


def test_an_answer_that_took_long_may_have_crossed_with_the_repetition(monkeypatch):
    messaging.install(monkeypatch)
    monkeypatch.setattr(session_module, "PROMPT_SECONDS", 0.0)

    async def test(session):
        await delivered(carrier, "TIEP THEO")
        await delivered(carrier, "TIEP THEO")

    carrier = Carrier()
    run(monkeypatch, carrier, test)
    assert came() == ["TIEP THEO"]


def mutated(rnd: random.Random) -> bytes:
    """A `deliver_sm` with a few bytes changed and perhaps cut short; its header still frames it."""
    whole = smpp34.DeliverSm(
        "84905123456",
        "8088",
        rnd.choice([b"\x05\x00\x03\x07\x02\x01Da", "Đường ngập".encode("utf-16-be"), b"id:1 stat:DELIVRD err:000"]),
        esm_class=rnd.choice([0, 0x40, 0x04]),
        data_coding=rnd.choice([0, 8]),
        tlvs=[smpp34.Tlv(0x001E, b"1\0"), smpp34.Tlv(0x020C, b"\0\x01"), smpp34.Tlv(0x0424, b"Da")],
    ).encode()
    raw = bytearray(whole)
    for _ in range(rnd.randint(1, 6)):
        raw[rnd.randrange(16, len(raw))] = rnd.randrange(256)
    return bytes(raw[16 : rnd.randint(16, len(raw)) if rnd.random() < 0.2 else len(raw)])


@settings(max_examples=1, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_mutated_deliveries_are_all_answered_and_end_nothing(monkeypatch, seed):
    messaging.install(monkeypatch)

    async def test(session):
        rnd = random.Random(seed)
        for number in range(NUMBER):
            carrier.writer.write(pdu.plain(pdu.DELIVER_SM, number + 1, body=mutated(rnd)))
            if number % 50 == 49:
                await until(lambda number=number: len(carrier.frames) > number - 100)
        await until(lambda: len(carrier.answers(pdu.DELIVER_SM)) == NUMBER)
        statuses = {frame.status for frame in carrier.answers(pdu.DELIVER_SM)}
        assert statuses <= {pdu.OK, pdu.INVALID_LENGTH}, statuses
        assert carrier.binds == 1
        assert (await session.send(sms.CITIZEN, BODY, "1-x")).result == "sent"

    carrier = Carrier()
    run(monkeypatch, carrier, test, SMPP_RESPONSE_SECONDS="20")


@settings(max_examples=1, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_mutated_answers_end_nothing_but_the_link(monkeypatch, seed):
    rnd = random.Random(seed)

    async def wrong(frame, writer):
        raw = bytearray(pdu.plain(pdu.SUBMIT_SM | pdu.RESPONSE, frame.sequence, body=b"77\0"))
        raw[rnd.randrange(len(raw))] = rnd.randrange(256)
        writer.write(bytes(raw) + struct.pack(">I", rnd.randrange(2**32)) * rnd.randrange(2))

    async def test(session):
        for number in range(max(10, NUMBER // 20)):
            got = await session.send(sms.CITIZEN, BODY, f"{number}-x")
            assert got.result in {"sent", "later", "undecided", "rejected", "unclassified"}
            session._paused_until = 0.0
        carrier.on_submit = Carrier.accept
        result = "later"
        while result != "sent":
            result = (await session.send(sms.CITIZEN, BODY, "last")).result

    carrier = Carrier(wrong)
    run(monkeypatch, carrier, test, SMPP_RESPONSE_SECONDS="0.1")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{}\n", b'"rejected"'),
        (b"\xff\xfe\n", b'"rejected"'),
        (b'{"token":"wrong","messages":[{"to":"+84905123456","body":"x","reference":"1"}]}\n', b""),
        (b"x" * (door.LONGEST_LINE + 10) + b"\n", b""),
    ],
)
def test_strangers_at_the_door_get_nowhere(monkeypatch, line, said):
    async def test(session):
        server = await door.opened(session, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(line)
        answer = await reader.readline()
        assert said in answer
        assert bool(answer) == bool(said)
        writer.close()
        server.close()
        assert carrier.frames == []

    carrier = Carrier()
    run(monkeypatch, carrier, test)


def test_the_door_takes_what_a_worker_hands_it(monkeypatch):
    async def test(session):
        server = await door.opened(session, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        messages = [OneHanded(to=sms.CITIZEN, body=BODY, reference=f"{n % 3}-x") for n in range(4)]
        handed = Handed(token="test-internal-token", messages=messages)
        writer.write(handed.model_dump_json().encode() + b"\n")
        assert (await reader.readline()).count(b'"sent"') == 4
        assert len(carrier.frames) == 3, "one of them was handed over twice"
        writer.close()
        server.close()

    carrier = Carrier()
    run(monkeypatch, carrier, test)
