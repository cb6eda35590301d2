"""Choosing among the claims on the same words, and bounded work for any input."""

import time
import unicodedata
from pathlib import Path

import pytest
from analysing import make_analysis

from bot.nlu import sequence
from bot.nlu.entities import choose
from bot.nlu.sequence import Span, Tagger


def chosen(text: str, spans: list[Span], intent: str | None) -> list[tuple[str, str]]:
    return [(e.entity, text[e.start : e.end]) for e in choose(make_analysis(text), spans, intent)]


def test_a_certain_shape_beats_the_tagger() -> None:
    text = "hs H15.16-260930-0012 xong chưa"
    assert chosen(text, [Span("procedure", 0, 21, 0.9)], "check_dossier") == [("dossier_code", "H15.16-260930-0012")]


def test_the_tagger_may_not_invent_codes() -> None:
    assert chosen("abc xyz", [Span("dossier_code", 0, 3, 0.9)], "check_dossier") == []


@pytest.mark.parametrize(("intent", "expected"), [("check_dossier", [("dossier_code", "0230")]), ("out_of_scope", [])])
def test_bare_digits_are_a_dossier_only_when_one_is_spoken_of(intent: str, expected: list[tuple[str, str]]) -> None:
    assert chosen("0230 tới đâu rồi", [], intent) == expected


@pytest.mark.parametrize(("intent", "expected"), [("rate_service", [("score", "5")]), ("ask_fee", [])])
def test_a_score_is_one_only_where_somebody_rates(intent: str, expected: list[tuple[str, str]]) -> None:
    assert chosen("5 điểm", [Span("score", 0, 1, 0.9)], intent) == expected


def test_the_lists_fill_what_the_tagger_left_open() -> None:
    assert ("procedure", "hộ chiếu") in chosen("cho hỏi hộ chiếu với", [], "search_procedure")
    assert chosen("cho hỏi hộ chiếu với", [], "greet") == []


def test_an_agency_takes_its_place_with_it() -> None:
    text = "UBND phường Tân Lợi"
    spans = [Span("agency", 0, 4, 0.9), Span("place", 5, 19, 0.8)]
    assert chosen(text, spans, "ask_contact") == [("agency", text)]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_spans_fit_the_text_in_any_form(form: str) -> None:
    text = unicodedata.normalize(form, "làm hộ chiếu ở xã Ea Kao 👍\u200b sđt 0905 123 456")
    pairs = chosen(text, [], "search_procedure")
    assert {(e, unicodedata.normalize("NFC", words)) for e, words in pairs} >= {
        ("procedure", "hộ chiếu"),
        ("place", "xã Ea Kao"),
        ("phone", "0905 123 456"),
    }


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    examples = [
        ("làm hộ chiếu cho con", [("procedure", 4, 12)]),
        ("xin cấp lại sổ đỏ bị mất", [("procedure", 4, 17)]),
        ("chào bạn", []),
    ] * 5
    analyses = [(make_analysis(text), spans) for text, spans in examples]
    path: Path = tmp_path_factory.mktemp("crf") / "model"
    sequence.train([(sequence.features(a), sequence.tags(a, s)) for a, s in analyses], path, iterations=10)
    return Tagger(path.read_bytes())


def test_the_tagger_learns_where_spans_begin_and_end(tagger: Tagger) -> None:
    text = "xin cấp lại hộ chiếu bị mất"
    assert [(s.entity, text[s.start : s.end]) for s in tagger.spans(make_analysis(text))] == [
        ("procedure", "cấp lại hộ chiếu")
    ]
    assert tagger.spans(make_analysis("")) == []


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "0" * 10_000,
        "1.1 " * 2_500,
        "ế" * 10_000,
        "e\u0302\u0301" * 4_000,
        "👍" * 10_000,
        "h15 " * 2_500,
        " " * 10_000,
        "pa 261101 " * 1_000,
        "\u200b" * 10_000,
    ],
)
def test_ten_thousand_characters_cost_a_bounded_time(tagger: Tagger, text: str) -> None:
    started = time.process_time()
    analysis = make_analysis(text)
    choose(analysis, tagger.spans(analysis), "check_dossier")
    # Far above what it takes (10 ms), far below what a runaway pattern takes.
    assert time.process_time() - started < 2
