"""More examples out of the written ones, for the classifier, at training only.

"cần giấy tờ gì, mất bao lâu" is about the papers: the rule that the first aspect asked for counts is stated once,
here, instead of in hundreds of examples. (The same was tried for entities, with other names put into the examples: it
made the tagger worse, F1 0.907 instead of 0.914 on held-out examples.)
"""

import random
from collections.abc import Iterator, Sequence

from bot.nlu.analysis import Analysis

ASPECTS = frozenset(
    ["ask_documents", "ask_fee", "ask_duration", "ask_place", "ask_online", "ask_steps", "ask_form", "ask_result"]
)
_CONNECTORS = [",", ",", ",", "và", "với", "?", "còn"]
_LONGEST_QUESTION = 9


def two_questions(examples: Sequence[tuple[Analysis, str]], count: int) -> Iterator[tuple[Analysis, str]]:
    """`count` messages of two short questions about different aspects, labelled as the first. Deterministic."""
    asked = [(a, intent) for a, intent in examples if intent in ASPECTS and 0 < len(a.words) <= _LONGEST_QUESTION]
    seconds = [(a, intent) for a, intent in asked if not any(m.label == "procedure" for m in a.matches)]
    if len({intent for _, intent in seconds}) < 2:
        return
    chance = random.Random(0)  # noqa: S311 - no secret
    for _ in range(count):
        first, aspect = chance.choice(asked)
        second = chance.choice([a for a, intent in seconds if intent != aspect])
        yield first.followed_by(second, chance.choice(_CONNECTORS)), aspect
