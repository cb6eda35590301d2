"""The ten conversations that every channel has to lead, through whatever peer plays its provider.

A channel's test brings a `Citizen` who writes and presses buttons by way of the peer, and the address that the channel
knows them by; all else is the same everywhere:

    for exchange, wrong in conversations.lead(stack, name, channel="zalo", address="83…", citizen=citizen): …
"""

import itertools
import re
from collections.abc import Iterator
from typing import Protocol

from backend import clock
from backend.citizens.models import ChannelIdentity
from backend.dossiers import demo
from backend.text import phone_number
from tests.end_to_end import dialogue
from tests.end_to_end.dialogue import FOLDER, Exchange
from tests.end_to_end.stack import Stack

TEN = (
    "citizen_writes_without_accents",
    "citizen_asks_fee_after_documents_and_it_remembers",
    "citizen_switches_procedure_and_goes_back",
    "citizen_picks_a_look_alike_by_number",
    "citizen_asks_two_things_at_once",
    "citizen_sees_all_own_dossiers_and_picks_one",
    "citizen_asks_what_a_dossier_lacks",
    "citizen_may_not_see_somebody_elses_dossier",
    "citizen_rates_in_one_sentence_and_corrects_the_score",
    "citizen_reports_a_broken_light_at_once",
)
NUMBER = re.compile(r"^\d+\. ")
_people = itertools.count(5_000)  # not those of `dialogue`, which may run on the same stack


class Citizen(Protocol):
    """Somebody on a channel: what they write or pick, and what comes back."""

    def say(self, words: str) -> Exchange:
        """Write, and wait for the answer."""

    def pick(self, wanted: str | int) -> Exchange:
        """Pick a choice of the last answer by its number, or by a part of its title, and wait for the answer."""


def lead(
    stack: Stack, name: str, *, channel: str, address: str, citizen: Citizen
) -> Iterator[tuple[Exchange, list[str]]]:
    """Lead one conversation, giving each turn with what was wrong with it.

    Where the script's citizen owns dossiers, `address` has proved to own their phone number beforehand.
    """
    script = dialogue.load(FOLDER / f"{name}.yml")
    with stack.database() as session:
        dialogue.end_reports(session)
    codes = _owns_dossiers(stack, channel, address) if script.get("phone") else {}
    if "{dossier:other}" in str(script):
        with stack.database():
            codes["other"] = demo.seed_person(next(_people))["processing"]
    for exchange, expected in dialogue.turns(citizen, script, codes):
        if exchange.choices:  # buttons need no numbers; a script that expects them was written for SMS
            expected["answer_has"] = [NUMBER.sub("", part) for part in expected["answer_has"]]
        yield exchange, dialogue.mistakes(exchange, expected)


def _owns_dossiers(stack: Stack, channel: str, address: str) -> dict[str, str]:
    """Give this address a number with one demo dossier of each kind; their codes by kind."""
    person = next(_people)
    number = phone_number(demo.phone(person))
    with stack.database() as session:
        codes = dialogue.seeded(session, person)
        if channel != "sms":
            proved = {"channel": channel, "address": address, "phone": number, "verified_by": "code"}
            session.add(ChannelIdentity(**proved, verified_at=clock.now()))
    return codes
