"""The carrier on `smpp34`'s server, on 127.0.0.1 alone. It lets everybody in: its library does not show passwords.

Commands, a line of JSON each on standard input:

    {"do": "text", "from": "84905…", "text": "chào"}           a citizen's text, in parts where it is long
    {"do": "raw", "from": …, "hex": …, "data_coding": 8, "esm_class": 0, "tlvs": [[524, "0001"]]}
    {"do": "throttle", "count": 5}                              the next five messages get ESME_RTHROTTLED
    {"do": "refuse", "status": 11, "count": 1}                  the next one gets this status
    {"do": "silence", "count": 1}                               the next one is taken and not answered (for a while)
    {"do": "report", "receipts": "tlv"}                         receipts from now on by text, tlv, hex (ids) or none

Events, a line of JSON each on standard output: `bound`, `submit` (with the text so far as it can be told), `refused`,
`receipt`, `reports` (how, from now on), `answer` (to a text of ours), `unbound`.
"""

import argparse
import asyncio
import itertools
import json
import sys
from typing import Any

import smpp34

from sms_gateway.smpp import alphabet, parts

SILENT_SECONDS = 60.0


class Carrier:
    """One account's session at a time; the last one bound gets the texts."""

    def __init__(self, server: smpp34.Server, receipts: str, first_id: int) -> None:
        self._server, self._receipts = server, receipts
        self._esme: smpp34.Esme | None = None
        self._ids = itertools.count(first_id)
        self._references = itertools.count(1)
        self._next: list[int | None] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Answer sessions until the end."""
        await self._server.start()
        tell("listening")
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self._esme = event
                tell("bound", system=event.system_id)
            elif isinstance(event, smpp34.SubmitSmEvent):
                self._keep(self._submitted(event, self._esme))
            elif isinstance(event, smpp34.Unbound):
                tell("unbound")

    def _keep(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _submitted(self, event: smpp34.SubmitSmEvent, esme: smpp34.Esme | None) -> None:
        what = self._next.pop(0) if self._next else 0
        if what:
            event.reject(what)
            tell("refused", to=event.destination_addr, status=what)
            return
        number = next(self._ids)
        tlvs = {tlv.tag: bytes(tlv.value) for tlv in event.tlvs}
        part = parts.taken_apart(event.esm_class, bytes(event.short_message), tlvs)
        text = alphabet.decoded([(event.data_coding, part.data)])
        place = {"number": part.number, "total": part.total, "reference": part.reference}
        tell("submit", id=number, to=event.destination_addr, source=event.source_addr, text=text, **place)
        if what is None:
            await asyncio.sleep(SILENT_SECONDS)
        event.accept(f"{number:x}" if self._receipts == "hex" else str(number))
        if self._receipts != "none" and esme is not None:
            await self._report(event, number, esme)

    async def _report(self, event: smpp34.SubmitSmEvent, number: int, esme: smpp34.Esme) -> None:
        tlvs, text = [], b""
        if self._receipts == "tlv":
            tlvs = [smpp34.Tlv(0x001E, str(number).encode() + b"\0"), smpp34.Tlv(0x0427, b"\x02")]
        else:
            text = f"id:{number} sub:001 dlvrd:001 submit date:2611281230 done date:2611281231 stat:DELIVRD err:000"
            text = text.encode()
        try:
            await esme.deliver_sm(
                event.source_addr, text, source_addr=event.destination_addr, esm_class=0x04, tlvs=tlvs
            )
        except (smpp34.SmppError, RuntimeError, ValueError):
            tell("receipt lost", id=number)

    async def do(self, command: dict[str, Any]) -> None:
        """One command."""
        match command["do"]:
            case "text":
                await self._text(command["from"], command["text"], command.get("order"))
            case "raw":
                tlvs = [smpp34.Tlv(tag, bytes.fromhex(value)) for tag, value in command.get("tlvs", [])]
                await self._deliver(
                    command["from"],
                    bytes.fromhex(command["hex"]),
                    command.get("data_coding", 0),
                    command.get("esm_class", 0),
                    tlvs,
                )
            case "report":
                self._receipts = command["receipts"]
                tell("reports", receipts=self._receipts)
            case "throttle":
                self._next += [0x58] * command["count"]
            case "refuse":
                self._next += [command["status"]] * command["count"]
            case "silence":
                self._next += [None] * command["count"]

    async def _text(self, source: str, text: str, order: list[int] | None) -> None:
        encoded = alphabet.encoded(text)
        pieces = parts.pieces(encoded.segments, next(self._references), "udh8")
        for piece in [pieces[number - 1] for number in order] if order else pieces:
            await self._deliver(source, piece.data, encoded.data_coding, piece.esm_class, [])

    async def _deliver(self, source: str, data: bytes, data_coding: int, esm_class: int, tlvs: list[Any]) -> None:
        if self._esme is None:
            tell("answer", status=-1)
            return
        try:
            answer = await self._esme.deliver_sm(
                "8088", data, source_addr=source, data_coding=data_coding, esm_class=esm_class, tlvs=tlvs
            )
            tell("answer", status=answer.command_status)
        except (smpp34.SmppError, RuntimeError, ValueError) as error:
            tell("answer", status=-1, error=str(error))


def tell(event: str, **facts: Any) -> None:
    """One line of what happened."""
    sys.stdout.write(json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=2775)
    parser.add_argument("--receipts", choices=["text", "tlv", "hex", "none"], default="text")
    parser.add_argument("--first-id", type=int, default=1000)
    chosen = parser.parse_args()
    carrier = Carrier(
        smpp34.Server("127.0.0.1", chosen.port, inbound_capacity=10_000), chosen.receipts, chosen.first_id
    )
    running = asyncio.create_task(carrier.run())
    working: set[asyncio.Task[None]] = set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        task = asyncio.create_task(carrier.do(json.loads(line)))
        working.add(task)
        task.add_done_callback(working.discard)
    running.cancel()


if __name__ == "__main__":
    asyncio.run(main())
