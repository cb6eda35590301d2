"""The spaCy pipeline: words spelt out, phrases found on the folded form, saved and loaded alike."""

from pathlib import Path

import pytest
from analysing import make_analysis, pipeline

from bot.nlu import language, lookups
from bot.nlu.lookups import Abbreviations


def norms(text: str) -> list[str]:
    return make_analysis(text).norms


@pytest.mark.parametrize(
    ("typed", "spelt_out"),
    [
        ("gks", "giay khai sinh"),
        ("GKS", "giay khai sinh"),
        ("đk kết hôn", "dang ky ket hon"),
        ("dk ket hon", "dang ky ket hon"),
        ("cccd dc ko", "can cuoc cong dan duoc khong"),
        ("nhà", "nha"),
        ("hông được", "khong duoc"),
        ("sổ hồng", "so hong"),
        ("buonmathuot", "buon ma thuot"),
    ],
)
def test_short_forms_are_spelt_out(typed: str, spelt_out: str) -> None:
    assert norms(typed) == spelt_out.split()


def test_what_a_short_form_stands_for_leads_back_to_its_letters() -> None:
    text = "lam gks o dau"
    match = next(m for m in make_analysis(text).matches if m.label == "procedure")
    start, end = make_analysis(text).offsets(match.start, match.stop)
    assert text[start:end] == "gks"


def test_phrases_are_found_with_and_without_accents() -> None:
    for text in ("làm hộ chiếu ở xã Ea Kao", "lam ho chieu o xa ea kao", "LÀM HỘ CHIẾU Ở XÃ EA KAO"):
        assert {
            (m.label, " ".join(make_analysis(text).norms[m.start : m.stop])) for m in make_analysis(text).matches
        } >= {
            ("procedure", "ho chieu"),
            ("place", "xa ea kao"),
        }


def test_a_places_name_must_agree_with_the_accents_that_were_typed() -> None:
    nlp = language.build(Abbreviations({}, frozenset()), {"place": ["An Chấn"]})
    from bot.nlu.analysis import analyse

    assert [len(analyse(text, nlp, 100).matches) for text in ("ở An Chấn", "o an chan", "trưởng thôn ăn chặn")] == [
        1,
        1,
        0,
    ]


def test_a_saved_pipeline_reads_the_same(tmp_path: Path) -> None:
    pipeline().to_disk(tmp_path / "vi")
    loaded = language.load(tmp_path / "vi")
    for text in ("lam gks o bmt dc ko", "giấy phép xây dựng ở phường Tân Lập", "chafo ad", ""):
        ours, theirs = pipeline()(text), loaded(text)
        assert [t.norm_ for t in ours] == [t.norm_ for t in theirs]
        assert [(e.start, e.end, e.label_, e.ent_id_) for e in ours.ents] == [
            (e.start, e.end, e.label_, e.ent_id_) for e in theirs.ents
        ]


def test_lists_hold_no_comment_and_no_repeat(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# head\nkhai sinh\n\nkhai sinh\n  kết hôn \n", "utf-8")
    assert lookups.phrases(str(tmp_path / "list.txt")) == ["khai sinh", "kết hôn"]


def test_a_changed_list_changes_the_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a", "utf-8")
    before = lookups.fingerprint([str(path)])
    path.write_text("b", "utf-8")
    assert lookups.fingerprint([str(path)]) != before


def test_the_projects_abbreviations_are_well_formed() -> None:
    known = lookups.abbreviations("nlu_data/lookups/abbreviations.yml")
    assert all(short and long and " " not in short for short, long in known.words.items())
    assert not known.keep & set(known.words)
