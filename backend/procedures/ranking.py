"""How candidates are ordered and how sure that is: features, their weights, acts that tell look-alikes apart.

The weights are the only fitted numbers of the search. They come from one softmax regression over 271 real questions
and, at lower weight, 2,000 phrases of our own catalogue with words of asking around them, half of the phrases left
out of the index while they were asked. Checked by 5-fold cross-validation over the questions, three times over: hit@1
0.66 to 0.67, hit@3 0.84, hit@5 0.90 on held-out folds, as on all (0.67, 0.83, 0.90). No question, and no word for
one, is in code or data. Halving or doubling a field's weight moves hit@1 by less than 0.01: it is a plateau, not a
peak.

The thresholds of `decide` were read off the same material: of our own phrases 94 % are answered surely, 99.8 % of
these rightly; of phrases the index has never seen 26 %, 91 % rightly (most of the rest are look-alikes that share the
phrase).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Decision = Literal["sure", "ask", "none"]
Floats = npt.NDArray[np.float64]

FEATURES = ("bm25", "asked", "other_acts", "run", "likeness", "exact", "inside", "ours", "hint")
"""What is known of a candidate beside a question:
bm25        its share of the best candidate's BM25 score
asked       how much of the question its name, field, results and agency hold, by rarity of words
other_acts  acts asked for (again, exchanged, prolonged …) that its name has not
run         longest run of words in common with its name
likeness    how alike the question and the best of its labels are, as sets of words
exact       whether one of its labels is the question, word for word but for the order
inside      how much its richest label that is wholly in the question tells
ours        whether it is in our own catalogue: what people ask for most
hint        whether it fits the level and the agency the asker gave"""
WEIGHTS = np.array([3.3, 2.2, -0.8, 1.6, 8.8, 2.0, 1.6, 0.7, 2.0])
EXACT = 0.95  # a likeness from which on a label is the question
TELLING = 8.0  # a label of this rarity inside a question counts half
NAMED_BY_CODE = 99.0

# Sure: a label is the question and no other comes near, or it is near to the question and far ahead of the rest.
SAME_LIKENESS, SAME_MARGIN = 0.94, 1.2
NEAR_LIKENESS, NEAR_ASKED, NEAR_MARGIN = 0.6, 0.6, 2.5
# None: a short question of which little is in any procedure.
STRANGE_LIKENESS, STRANGE_ASKED, SHORT_QUESTION = 0.45, 0.5, 6
# None, too: the best of a short question scores and resembles little; it is then right in less than half of the cases.
WEAK_SCORE, WEAK_LIKENESS = 9.0, 0.5

LATER_ACTS = frozenset(
    (
        "cap lai",
        "cap doi",
        "gia han",
        "dang ky lai",
        "sua doi",
        "bo sung",
        "thay doi",
        "dieu chinh",
        "cai chinh",
        "dinh chinh",
        "chuyen doi",
        "thu hoi",
        "huy",
        "huy bo",
        "xoa",
        "cham dut",
        "giai the",
        "tam ngung",
        "tam dung",
        "khoi phuc",
        "tro lai",
        "thoi",
    )
)
"""What is done to a thing that is there already: whoever names the thing alone means how to get it."""
_ACTS = frozenset(
    tuple(act.split())
    for act in (
        *LATER_ACTS,
        "cap",
        "cap moi",
        "lan dau",
        "dang ky",
        "chuyen nhuong",
        "tam thoi",
        "thanh lap",
        "chia",
        "tach",
        "sap nhap",
        "hop nhat",
        "bo nhiem",
        "mien nhiem",
        "mien",
        "giam",
        "ho tro",
        "cong nhan",
        "xac nhan",
        "chap thuan",
        "phe duyet",
        "kiem tra",
        "thong bao",
        "bao cao",
        "ban sao",
        "trich luc",
        "ghi chu",
        "ghi vao so",
        "nuoc ngoai",
        "luu dong",
        "ket hop",
    )
)
_LONGEST_ACT = max(map(len, _ACTS))


def acts(words: Sequence[str]) -> frozenset[str]:
    """The acts named in folded words, the longest reading of each place."""
    found = set()
    i = 0
    while i < len(words):
        length = next((n for n in range(_LONGEST_ACT, 0, -1) if tuple(words[i : i + n]) in _ACTS), 0)
        if length:
            found.add(" ".join(words[i : i + length]))
        i += length or 1
    return frozenset(found)


def decide(scores: Floats, rows: Floats, words: int) -> Decision:
    """From ordered scores and feature rows: is the first candidate meant, one of them, or none.

    `words`: how many words the question names things with. A long question has many words that no name holds.
    """
    if len(scores) == 0:
        return "none"
    margin = float(scores[0] - scores[1]) if len(scores) > 1 else float(scores[0])
    asked, likeness = rows[0, FEATURES.index("asked")], rows[0, FEATURES.index("likeness")]
    if likeness >= SAME_LIKENESS and margin >= SAME_MARGIN:
        return "sure"
    if likeness >= NEAR_LIKENESS and asked >= NEAR_ASKED and margin >= NEAR_MARGIN:
        return "sure"
    strange = likeness < STRANGE_LIKENESS and asked < STRANGE_ASKED
    weak = float(scores[0]) < WEAK_SCORE and likeness < WEAK_LIKENESS
    return "none" if (strange or weak) and words <= SHORT_QUESTION else "ask"
