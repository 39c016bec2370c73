"""JSON Schema of front matter, made from the model: for editors' YAML plug-ins, which complete keys and mark mistakes.

What a field is called and which keys there are, the parser says (`KNOWN_KEYS`); what it holds, the types in `documents`
say. Its description is the one of `docs/content.md`. A schema takes whatever the parser takes as to form; what only the
whole archive can tell (does that thread exist?) is for `check`.
"""

import re
import types
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from medqa import documents
from medqa.documents import Age, Asker, Correction, Doctor, FollowUp, Hospital, Page, Period, Reply, Specialty, Topic
from medqa.errors import CODES
from medqa.fields import Name
from medqa.parse import KNOWN_KEYS
from medqa.sources import Kind

Schema = dict[str, Any]
SINGULAR: dict[Kind, str] = {
    "threads": "thread",
    "doctors": "doctor",
    "hospitals": "hospital",
    "specialties": "specialty",
    "topics": "topic",
    "pages": "page",
}
"""Kind → what its schema is called: `docs/thread.schema.json`."""
_DRAFT = "http://json-schema.org/draft-07/schema#"
_TYPES: dict[Kind, type] = {
    "threads": documents.Thread,
    "doctors": Doctor,
    "hospitals": Hospital,
    "specialties": Specialty,
    "topics": Topic,
    "pages": Page,
}
_KEYS = {"references": "sources", "start": "from", "end": "to"}
"""What is called otherwise in the model."""
REQUIRED: dict[str, tuple[str, ...]] = {
    "threads": ("title", "specialty", "asked"),
    "doctors": ("name",),
    "hospitals": ("name",),
    "specialties": ("name",),
    "topics": ("name",),
    "pages": ("title",),
    "Reply": ("doctor", "replied"),
    "Period": ("hospital",),
    "Correction": ("on", "why"),
}
"""Kind, or part of a document → the keys that it cannot do without."""
# YAML plug-ins give numbers and truth where medqa reads text: 35, true, 2023.
_TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
_FILLED: Schema = {"type": ["string", "number", "boolean"], "minLength": 1, "pattern": r"\S"}
_DAY_FORM = r"^\s*(\d{4}-\d{2}-\d{2}|\d{4}/\d{2}/\d{2})?\s*$"
_AGE_FORM = r"^\s*(\d{1,3}(\s*[~\-–〜～]\s*\d{1,3}|\+|\s*(months?|個月|个月))?)?\s*$"  # noqa: RUF001 - as people type it


def schema(kind: Kind, descriptions: Mapping[str, str]) -> Schema:
    """Give the schema of a kind; `descriptions` are by key (see `described`)."""
    properties = _properties(_TYPES[kind])
    if kind == "threads":
        flat = _properties(Reply)
        properties |= {key: flat[key] for key in ("doctor", "hospital", "replied")}
        properties["replies"] = _list_of(_mapping(Reply))
        properties["follow_ups"] = _list_of(_mapping(FollowUp))
        properties["ack"] = _closed({code: _TEXT for code in CODES if code >= "MQ5"})
    known = {key: properties[key] for key in KNOWN_KEYS[kind]}
    for key in REQUIRED[kind]:
        known[key] = _required(known[key])
    for key, form in known.items():
        if key in descriptions:
            known[key] = {"description": descriptions[key], **form}
    return {
        "$schema": _DRAFT,
        "title": f"medqa: front matter of a {SINGULAR[kind]}",
        **_closed(known, REQUIRED[kind]),
        "type": "object",
    }


def _properties(model: type) -> dict[str, Schema]:
    """Give the form of each field of a type."""
    return {_KEYS.get(name, name): _form(hint) for name, hint in get_type_hints(model).items()}


def _form(hint: Any) -> Schema:
    """Give the form in which the value of a type is written."""
    if get_origin(hint) in {types.UnionType, Union}:  # or absent
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is Literal:
        return {"enum": [*(word for word in get_args(hint) if word), "", None]}
    if get_origin(hint) is tuple:
        inside = get_args(hint)[0]
        return _list_of(_TEXT if inside in {str, Name} else _mapping(inside)) if isinstance(inside, type) else {}
    if get_origin(hint) is not None:  # by language
        return {"type": ["object", "null", "string"], "maxLength": 0, "additionalProperties": _TEXT}
    return _simple(hint)


def _simple(hint: type) -> Schema:
    if hint is date:
        return {"type": ["string", "null"], "pattern": _DAY_FORM}
    if hint is Age:
        return {"type": ["string", "integer", "null"], "pattern": _AGE_FORM, "minimum": 0, "maximum": 129}
    if hint is bool:
        return {"enum": [True, False, "true", "false", "", None]}
    if hint is int:
        return {"type": ["integer", "string", "null"], "pattern": r"^\s*\d*\s*$", "minimum": 1}
    return _mapping(hint) if hint in {Asker, Period, Correction, Reply, FollowUp} else _TEXT


def _mapping(model: type) -> Schema:
    properties = _properties(model)
    properties.pop("text", None)
    required = REQUIRED.get(model.__name__, ())
    for key in required:
        properties[key] = _required(properties[key])
    return _closed(properties, required)


def _closed(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """Give a mapping with these keys and no others; one that may be absent may also be empty."""
    form: Schema = {"properties": dict(properties), "additionalProperties": False}
    return {"type": "object", **form, "required": list(required)} if required else {"type": ["object", "null"], **form}


def _list_of(item: Schema) -> Schema:
    """Give a list, for which one item may stand alone."""
    return {"anyOf": [{"type": "array", "items": item}, item, {"enum": ["", None]}]}


def _required(form: Schema) -> Schema:
    """Give the form of a value that may not be empty."""
    if form == _TEXT:
        return _FILLED
    return {**form, "type": "string", "minLength": 1, "pattern": form["pattern"].replace(")?", ")", 1)}


def described(documentation: str) -> dict[str, str]:
    """Take the descriptions of a thread's fields from the table in `docs/content.md`."""
    found: dict[str, str] = {}
    for keys, words in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \|$", documentation, re.MULTILINE):
        plain = re.sub(r"[`*]", "", words).strip()
        for key in re.findall(r"`(\w+)`", keys):
            found.setdefault(key, plain[0].upper() + plain[1:])
    return found
