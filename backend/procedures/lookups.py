"""Names and phrases of procedures for the assistant's entity matcher: one a line, sorted, once after folding.

Taken from our own catalogue files, not from the database: the file is part of the project and must not differ between
machines.
"""

from pathlib import Path

from backend.procedures import policy
from backend.procedures.readers import files
from backend.text import fold

LONGEST = 70  # nobody types a longer name


def write(path: Path) -> int:
    """Write the lookup file; the number of lines."""
    lines: dict[str, str] = {}
    for row in files.read(files.CATALOGUE):
        if row.record is not None:
            for text in (*row.record.phrases, row.record.short_name, policy.core_of(row.record.name)):
                line = " ".join(text.replace("…", " ").split()).strip(" ,;.").lower()
                if 3 <= len(line) <= LONGEST:
                    lines.setdefault(fold(line), line)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{lines[key]}\n" for key in sorted(lines)), encoding="utf-8")
    return len(lines)
