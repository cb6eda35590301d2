"""The published Bot API schema as a check: is this a call that Telegram would take?"""

import json
from pathlib import Path
from typing import Any

SIMPLE = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float)}


class Violation(Exception):
    """A call or an object that the schema does not allow; in the words of an error of Telegram's."""


class Contract:
    """`methods` and `types` of the schema (github.com/PaulSonOfLars/telegram-bot-api-spec)."""

    def __init__(self, path: Path) -> None:
        spec = json.loads(path.read_text("utf-8"))
        self.version: str = spec["version"]
        self.methods: dict[str, Any] = spec["methods"]
        self.types: dict[str, Any] = spec["types"]
        self._names = {name.lower(): name for name in self.methods}

    def method(self, name: str) -> str | None:
        """The method of that name, which Telegram reads in any case."""
        return self._names.get(name.lower())

    def call(self, method: str, sent: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
        """The parameters of a call with their types; `sent` as forms have them, strings. Raises Violation."""
        fields = {field["name"]: field for field in self.methods[method].get("fields", [])}
        for name in sent.keys() | files.keys():
            if name not in fields:
                raise Violation(f"{method}: unknown parameter {name}")
        parsed: dict[str, Any] = {}
        for name, field in fields.items():
            if name in files:
                if "InputFile" not in field["types"]:
                    raise Violation(f"{method}: {name} is no file")
                parsed[name] = files[name]
            elif name in sent:
                parsed[name] = self._of_form(f"{method}.{name}", field["types"], sent[name])
            elif field["required"]:
                raise Violation(f"{method}: parameter {name} is required")
        return parsed

    def _of_form(self, where: str, types: list[str], value: Any) -> Any:
        """A parameter as a form carries it: text as it is, everything else as JSON."""
        if not isinstance(value, str):  # the call was JSON
            return self.value(where, types, value)
        if types == ["String"]:
            return value
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        if "String" in types and not isinstance(read, int):
            read = value
        return self.value(where, types, read)

    def value(self, where: str, types: list[str], value: Any) -> Any:
        """`value`, if it is of one of these types. Raises Violation."""
        problems = []
        for kind in types:
            try:
                self._check(where, kind, value)
            except Violation as problem:
                problems.append(str(problem))
            else:
                return value
        raise Violation(problems[0])

    def _check(self, where: str, kind: str, value: Any) -> None:
        if kind in SIMPLE:
            is_bool = isinstance(value, bool)
            if not isinstance(value, SIMPLE[kind]) or is_bool != (kind == "Boolean"):
                raise Violation(f"{where}: not {kind}")
        elif kind.startswith("Array of "):
            if not isinstance(value, list):
                raise Violation(f"{where}: not an array")
            for number, one in enumerate(value):
                self._check(f"{where}[{number}]", kind.removeprefix("Array of "), one)
        elif self.types[kind].get("subtypes"):
            self.value(where, self.types[kind]["subtypes"], value)
        else:
            self._check_object(where, kind, value)

    def _check_object(self, where: str, kind: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise Violation(f"{where}: not {kind}")
        fields = {field["name"]: field for field in self.types[kind].get("fields", [])}
        for name in value:
            if name not in fields:
                raise Violation(f"{where}: {kind} has no {name}")
        for name, field in fields.items():
            if name in value:
                self.value(f"{where}.{name}", field["types"], value[name])
            elif field["required"]:
                raise Violation(f"{where}: {kind} needs {name}")
