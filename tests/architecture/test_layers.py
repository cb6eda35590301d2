"""The arrows of the design: which room may import which, and the same inside the backend."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"backend", "sms_gateway", "chat_gateway", "actions", "bot", "tests"}
FEATURES = {
    "citizens",
    "complaints",
    "dossiers",
    "inbox",
    "messaging",
    "notifications",
    "organisation",
    "practice",
    "procedures",
    "ratings",
}
KERNEL = {
    "audit",
    "calendar",
    "clock",
    "database",
    "errors",
    "filetypes",
    "i18n",
    "http",
    "logs",
    "queue",
    "screening",
    "settings",
    "storage",
    "text",
    "throttle",
}
COMPOSITION_ROOTS = {"backend/wsgi.py", "sms_gateway/wsgi.py", "chat_gateway/wsgi.py", "worker.py", "backend/models.py"}
FILES = [
    path
    for room in sorted(ROOMS - {"tests"})
    for path in sorted((ROOT / room).rglob("*.py"))
    if ".venv" not in path.parts and "migrations" not in path.parts
]


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, with the members of `from … import`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rel(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=rel)
def test_rooms_import_only_what_the_design_allows(path: Path) -> None:
    if rel(path) in COMPOSITION_ROOTS:
        return
    room = rel(path).split("/")[0]
    for name in imports(path):
        other, _, inner = name.partition(".")
        if other not in ROOMS or other == room:
            continue
        assert room in {"sms_gateway", "chat_gateway"}, f"{rel(path)} imports {name}"
        assert other == "backend", f"{rel(path)} imports {name}"
        assert inner.split(".")[0] in KERNEL | {"messaging"}, f"{rel(path)} imports {name}"


@pytest.mark.parametrize("path", [p for p in FILES if rel(p).startswith("backend/")], ids=rel)
def test_features_talk_through_services(path: Path) -> None:
    if rel(path) in COMPOSITION_ROOTS:
        return
    parts = rel(path).split("/")
    feature = parts[1] if parts[1] in FEATURES else None
    for name in imports(path):
        pieces = name.split(".")
        if pieces[0] != "backend" or len(pieces) < 2 or pieces[1] not in FEATURES or pieces[1] == feature:
            continue
        assert feature is not None, f"the kernel file {rel(path)} knows the feature {name}"
        open_modules = {"service", "attachments", "channels", "keywords", "access", "navigation", "events"}
        names_of_values = {"Level", "Role", "Owner", "ConversationPath", "SaidOut"}  # enums; what many routes share
        ok = len(pieces) >= 3 and (pieces[2] in open_modules or pieces[-1] in names_of_values)
        assert ok, f"{rel(path)} reaches into {name}"


@pytest.mark.parametrize("path", [p for p in FILES if p.name in {"service.py", "policy.py"}], ids=rel)
def test_services_and_policies_know_no_flask(path: Path) -> None:
    assert not [name for name in imports(path) if name.split(".")[0] in {"flask", "flask_openapi3", "werkzeug"}]


@pytest.mark.parametrize("path", FILES, ids=rel)
def test_no_file_is_too_long_or_nameless(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 600
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc"}
