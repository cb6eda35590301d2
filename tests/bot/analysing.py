"""Builders for tests of the understanding: a pipeline on the project's lists, and analyses of texts."""

from functools import cache

from spacy.language import Language

from bot.nlu import language, lookups
from bot.nlu.analysis import Analysis, analyse

LISTS = {
    name: f"nlu_data/lookups/{file}.txt"
    for name, file in [("procedure", "procedures"), ("agency", "agencies"), ("place", "places"), ("date", "dates")]
}


@cache
def pipeline() -> Language:
    """The project's own pipeline, built once."""
    known = lookups.abbreviations("nlu_data/lookups/abbreviations.yml")
    return language.build(known, {name: lookups.phrases(path) for name, path in LISTS.items()})


def make_analysis(text: str, max_characters: int = 2000) -> Analysis:
    """The analysis of a text with the project's lists."""
    return analyse(text, pipeline(), max_characters)
