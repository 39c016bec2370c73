"""JSON Schema of front matter, made from the model: for editors' YAML plug-ins, which complete keys and mark mistakes.

What a field is called and which keys there are, the parser says (`KNOWN_KEYS`); what it holds, the types in `documents`
say. A thread's are described as in `docs/content.md`. A schema takes whatever the parser takes as to form; what only
the whole archive can tell (does that thread exist?) is for `check`.
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
_PARTS: dict[type, tuple[str, dict[str, str]]] = {
    Asker: ("asker", {"name": "Who asked", "age": "35, 30~39, 90+ or 8 months", "sex": "female, male or other"}),
    Reply: ("reply", {"specialty": "Of the reply, where it is not the thread's"}),
    FollowUp: ("follow-up", {"asked": "The day on which it was asked"}),
    Correction: (
        "correction",
        {
            "on": "The day of the change",
            "by": "Who changed it: a doctor or anybody",
            "why": "Why; readers see it",
            "reply": "Number of the reply; 1 where it is left out",
        },
    ),
    Period: (
        "period",
        {
            "hospital": "Where the doctor works",
            "from": "The first day; left out: always",
            "to": "The last day; left out: still",
        },
    ),
}
"""Part of a document → what it is called, and what its fields are, where no field of a thread of that name tells."""
_RECORDS = {
    "name": "Required; the name that pages show",
    "names": "Other spellings: a list; of a specialty or topic by language: {zh-Hant: …}",
    "title": "Of a doctor: Professor …; of a page: required, its title",
    "specialty": "Name or file name of a specialty",
    "status": "active, retired or deceased",
    "periods": "Where the doctor worked when: a list of {hospital: …, from: …, to: …}",
    "aliases": "Former file names, or old addresses beginning with /: they lead here",
    "schema": "The name in schema.org's MedicalSpecialty",
    "review_months": "After how many months without a review a thread is due for one",
    "synonyms": "Other words for the topic: a list",
    "specialties": "In whose FAQ the topic has a page: a list",
    "lang": "Its language where it is not the archive's: zh-Hant, en …",
}
"""Field of a record or page → what it is."""
# YAML plug-ins give numbers and truth where medqa reads text: 35, true, 2023. And they propose `true` and `null` for
# whatever may be of these types by `type`; so what a value may not be stands behind `if`, where nothing is proposed.
_DAY_FORM = r"^\s*(\d{4}-\d{2}-\d{2}|\d{4}/\d{2}/\d{2})?\s*$"
_AGE_FORM = r"^\s*(\d{1,3}(\s*[~\-–〜～]\s*\d{1,3}|\+|\s*(months?|個月|个月))?)?\s*$"  # noqa: RUF001 - as people type it


def _only(types: list[str], message: str, **form: Any) -> Schema:
    """Give the form of a value of these types; `message` is what plug-ins say of others, and of a pattern missed."""
    test: Schema = {"if": {"type": types}, "else": {"type": types[0], "errorMessage": message}}
    said = {"patternErrorMessage": message} if "pattern" in form else {}
    return {"anyOf": [{**test, **form, **said}]}  # in `anyOf`, or plug-ins write the key without its colon


_TEXT = _only(["string", "number", "boolean", "null"], "write one text, no list and no fields")
_FILLED = _only(["string", "number", "boolean"], "this may not be empty, and is one text", pattern=r"\S")
_DAY = "write a date as 2023-07-06 or 2023/07/06"


def schema(kind: Kind, descriptions: Mapping[str, str]) -> Schema:
    """Give the schema of a kind; `descriptions` are by key (see `described`)."""
    properties = _properties(_TYPES[kind])
    if kind == "threads":
        flat = _properties(Reply)
        properties |= {key: flat[key] for key in ("doctor", "hospital", "replied")}
        properties["replies"] = _list_of(_mapping(Reply))
        properties["follow_ups"] = _list_of(_mapping(FollowUp))
        findings = {code: {"description": meaning, **_TEXT} for code, meaning in CODES.items() if code >= "MQ5"}
        properties["ack"] = _closed(findings)
    known = {key: properties[key] for key in KNOWN_KEYS[kind]}
    for key in REQUIRED[kind]:
        known[key] = _required(known[key])
    whole = {"title": f"medqa: front matter of a {SINGULAR[kind]}", **_closed(known, REQUIRED[kind]), "type": "object"}
    return {"$schema": _DRAFT, **_explained(whole, descriptions if kind == "threads" else _RECORDS)}


def _explained(form: Schema, descriptions: Mapping[str, str]) -> Schema:
    """Give a mapping with a description of each field that has none."""
    return form | {
        "properties": {
            key: {"description": descriptions[key], **field} if key in descriptions else field
            for key, field in form["properties"].items()
        }
    }


def _properties(model: type) -> dict[str, Schema]:
    """Give the form of each field of a type."""
    return {_KEYS.get(name, name): _form(hint) for name, hint in get_type_hints(model).items()}


def _form(hint: Any) -> Schema:
    """Give the form in which the value of a type is written."""
    if get_origin(hint) in {types.UnionType, Union}:  # or absent
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is Literal:
        return _one_of([word for word in get_args(hint) if word])
    if get_origin(hint) is tuple:
        inside = get_args(hint)[0]
        return _texts() if inside in {str, Name} else _list_of(_mapping(inside)) if inside in _PARTS else {}
    if get_origin(hint) is not None:  # by language
        return _only(["object", "null"], "write {en: …, zh-Hant: …}", additionalProperties=_TEXT)
    return _simple(hint)


def _simple(hint: type) -> Schema:
    if hint is date:
        return _only(["string", "null"], _DAY, pattern=_DAY_FORM)
    if hint is Age:
        message = "write an age as 35, 30~39, 90+ or 8 months"
        return _only(["string", "integer", "null"], message, pattern=_AGE_FORM, minimum=0, maximum=129)
    if hint is bool:
        return _one_of([True, False], "true", "false")
    if hint is int:
        message = "write a whole number from 1 on"
        return _only(["integer", "string", "null"], message, pattern=r"^\s*\d*\s*$", minimum=1)
    return _mapping(hint) if hint in _PARTS else _TEXT


def _one_of(proposed: list[Any], *also: str) -> Schema:
    """Give the form of a value that is one of several, or empty."""
    message = f"write {' or '.join(str(one).lower() for one in proposed)}"
    taken: Schema = {"enum": [*proposed, *also, ""], "errorMessage": message}
    return {"if": {"type": "null"}, "else": taken, "examples": proposed}


def _mapping(model: type) -> Schema:
    title, descriptions = _PARTS[model]
    properties = _properties(model)
    properties.pop("text", None)
    required = REQUIRED.get(model.__name__, ())
    for key in required:
        properties[key] = _required(properties[key])
    return {"title": title, **_explained(_closed(properties, required), descriptions)}


def _closed(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """Give a mapping with these keys and no others; one that may be absent may also be empty."""
    form: Schema = {"properties": dict(properties), "additionalProperties": False}
    if required:
        return {"type": "object", **form, "required": list(required)}
    message = f"write fields: {{{next(iter(properties))}: …}}"
    return {"if": {"type": ["object", "null"]}, "else": {"type": "object", "errorMessage": message}, **form}


def _texts() -> Schema:
    """Give a list of texts, for which one text may stand alone."""
    test: Schema = {"if": {"type": "object"}, "then": {"type": "array", "errorMessage": "write a list: [one, another]"}}
    return {**test, "items": _TEXT}


def _list_of(item: Schema) -> Schema:
    """Give a list of mappings, for which one may stand alone."""
    message = f"write a list, with a hyphen and fields for each {item['title']}"
    other: Schema = {"if": {"type": ["array", "null"]}, "else": {"enum": [""], "errorMessage": message}}
    return {"if": {"type": "object"}, "then": item, "else": other, "items": item}


def _required(form: Schema) -> Schema:
    """Give the form of a value that may not be empty."""
    if form == _TEXT:
        return _FILLED
    inside = form["anyOf"][0]
    return _only(["string"], inside["patternErrorMessage"], pattern=inside["pattern"].replace(")?", ")", 1))


def described(documentation: str) -> dict[str, str]:
    """Take the descriptions of a thread's fields from the table in `docs/content.md`."""
    found: dict[str, str] = {}
    for keys, words in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \|$", documentation, re.MULTILINE):
        plain = re.sub(r"[`*]", "", words).strip()
        for key in re.findall(r"`(\w+)`", keys):
            found.setdefault(key, plain[0].upper() + plain[1:])
    return found
