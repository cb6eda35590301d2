"""More examples for the tagger: the written ones with other procedures, agencies and places put in.

The tagger should learn the frame ("làm … cho con", "nộp ở …") from an example, not only the name that stood in it.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

Annotated = tuple[str, list[tuple[str, int, int]]]

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
