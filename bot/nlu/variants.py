"""More examples out of the written ones, at training only.

* `variants`, for the tagger: other procedures, agencies and places put in. It should learn the frame ("làm … cho con",
  "nộp ở …") from an example, not only the name that stood in it.
* `two_questions`, for the classifier: "cần giấy tờ gì, mất bao lâu" is about the papers. The rule that the first aspect
  asked for counts is stated once, here, instead of in hundreds of examples.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

from bot.nlu.analysis import Analysis

Annotated = tuple[str, list[tuple[str, int, int]]]

ASPECTS = frozenset(
    "ask_documents ask_fee ask_duration ask_place ask_online ask_steps ask_form ask_result".split()
)
_CONNECTORS = [",", ",", ",", "và", "với", "?", "còn"]
_LONGEST_QUESTION = 9

_LONGEST_WORDS = 7
_SHARE_REPLACED = 0.8


def variants(examples: Sequence[Annotated], names: Mapping[str, Sequence[str]], copies: int) -> Iterator[Annotated]:
    """`copies` variants of every (text, [(entity, start, end)]) that names something of `names`. Deterministic."""
    short = {entity: [p for p in phrases if len(p.split()) <= _LONGEST_WORDS] for entity, phrases in names.items()}
    chance = random.Random(0)  # noqa: S311 - no secret
    for text, spans in examples:
        if any(short.get(entity) for entity, _, _ in spans):
            for _ in range(copies):
                yield _variant(text, spans, short, chance)


def _variant(text: str, spans: list[tuple[str, int, int]], names: Mapping[str, Sequence[str]], chance: random.Random) -> Annotated:
    result, moved, position = "", [], 0
    for entity, start, end in sorted(spans, key=lambda span: span[1]):
        result += text[position:start]
        pick = names.get(entity) and chance.random() < _SHARE_REPLACED
        words = chance.choice(names[entity]) if pick else text[start:end]
        moved.append((entity, len(result), len(result) + len(words)))
        result += words
        position = end
    return result + text[position:], moved


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
