"""Reading the word lists of `nlu_data/lookups`: phrases one a line, and the abbreviations."""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def located(path: str) -> Path:
    """The file named in config.yml: relative to where Rasa runs, or to the repository."""
    return Path(path) if Path(path).exists() else ROOT / path


def phrases(path: str) -> list[str]:
    """The phrases of a list, NFC, without repeats, blank lines and `#` comments. FileNotFoundError names the file."""
    lines = unicodedata.normalize("NFC", located(path).read_text("utf-8")).splitlines()
    stripped = (line.strip() for line in lines)
    return list(dict.fromkeys(line for line in stripped if line and not line.startswith("#")))


@dataclass(frozen=True)
class Abbreviations:
    """Short forms (as written, lower case) with their spelt out Vietnamese, and words never to be repaired."""

    words: dict[str, str]
    keep: frozenset[str]


def abbreviations(path: str) -> Abbreviations:
    """The abbreviations of a YAML file with `words` (a mapping) and `keep` (a list). ValueError when it is not that."""
    content = yaml.safe_load(located(path).read_text("utf-8")) or {}
    words, keep = content.get("words") or {}, content.get("keep") or []
    if not isinstance(words, dict) or not isinstance(keep, list):
        raise ValueError(f"{path}: `words` must be a mapping and `keep` a list")
    return Abbreviations({written(str(k)): str(v) for k, v in words.items()}, frozenset(str(k) for k in keep))


def written(word: str) -> str:
    """A word as the abbreviations know it: NFC, lower case, accents kept."""
    return unicodedata.normalize("NFC", word).lower()


def fingerprint(paths: Iterable[str]) -> str:
    """Of the contents: Rasa's training cache must notice that a list changed, not only its name in config.yml."""
    digest = hashlib.sha256()
    for path in sorted(p for p in paths if p):
        digest.update(located(path).read_bytes())
    return digest.hexdigest()


def code_fingerprint() -> str:
    """Of this package's source: Rasa's cache looks at the component's own class only, not at what it calls."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
