"""What else may be edited: templates, strings, settings, files, the day; and mistakes that no build can pass."""

import re
from datetime import date
from random import Random
from typing import Any

import yaml

from medqa.sources import PACKAGED_TEMPLATES
from tests.drafts import State
from tests.edits import any_draft, edit
from tests.projects import front_matter

TEMPLATES = sorted(file.relative_to(PACKAGED_TEMPLATES).as_posix() for file in PACKAGED_TEMPLATES.rglob("*.html"))


def packaged(name: str) -> str:
    return (PACKAGED_TEMPLATES / name).read_text(encoding="utf-8")


STRINGS: dict[str, Any] = {tag: yaml.safe_load(packaged(f"locales/{tag}.yaml")) for tag in ("en", "zh-Hant")}


@edit("edit a template", "edit a partial", "edit the frame")
def _template(state: State, random: Random, name: str) -> None:
    """Let a template say something more, of itself or of what it can see."""
    partials = [template for template in TEMPLATES if "/" in template]
    pages = [template for template in TEMPLATES if template not in partials]
    chosen = random.choice({"edit a template": pages, "edit a partial": partials}.get(name, ["base.html"]))
    seen = ("config.timezone", "config.name|length", "t.home", "t.threads(n=3, shown=3)", "page.url", "page.lang")
    said = random.choice(seen if chosen in pages else (str(random.randrange(100)),))
    mark = f"<p>{{{{ {said} }}}}</p>"
    place = r"({%-? block (?:main|content) -?%}|{%-? macro \w+\(.*?%}\n)"
    text, count = re.subn(place, rf"\1{mark}", packaged(chosen))
    state.files[f"templates/{chosen}"] = text if count else text + "{# a remark #}"


@edit("override a template without a change")
def _override(state: State, random: Random, _: str) -> None:
    name = random.choice(TEMPLATES)
    state.files[f"templates/{name}"] = packaged(name)


@edit("drop overrides")
def _drop_overrides(state: State, random: Random, _: str) -> None:
    for path in [path for path in state.files if path.startswith("templates/")]:
        if random.random() < 0.7:
            del state.files[path]


@edit("edit the style sheet")
def _style(state: State, random: Random, _: str) -> None:
    state.files["templates/assets/site.css"] = (
        f":root {{ --band: #0d3f43; --on-band: #fff }}\nbody {{ margin: {random.randrange(9)}px }}\n"
    )


@edit("edit English strings", "edit Chinese strings")
def _strings(state: State, random: Random, name: str) -> None:
    tag = "en" if "English" in name else "zh-Hant"
    messages = STRINGS[tag]["messages"]
    chosen = {key: _starred(messages[key]) for key in random.sample(sorted(messages), 3)}
    dates = random.choice(({}, {"date": "{year}/{month_number}/{day}"}))
    state.files[f"templates/locales/{tag}.yaml"] = front_matter({"messages": chosen, **dates})


def _starred(message: Any) -> Any:
    return {form: f"{text}*" for form, text in message.items()} if isinstance(message, dict) else f"{message}*"


@edit("name sections otherwise")
def _sections(state: State, random: Random, _: str) -> None:
    names = {"reply": [*STRINGS["en"]["sections"]["reply"], random.choice(("Response", "Advice"))]}
    state.files["templates/locales/en.yaml"] = front_matter({"sections": names})


@edit("add a language")
def _language(state: State, random: Random, _: str) -> None:
    messages = {key: _starred(text) for key, text in STRINGS["en"]["messages"].items()}
    state.files["templates/locales/de.yaml"] = front_matter({"sections": {"question": ["Frage"]}, "messages": messages})
    if thread := any_draft(state, random):
        thread.fields["lang"] = "de-AT"


_SETTINGS: dict[str, tuple[Any, ...]] = {
    "name": ("Archive", "Other Archive", "病友問答"),
    "per_page": (1, 2, 3, 20),
    "base_url": ("https://archive.example", "https://archive.example/some/path", "http://localhost:8000"),
    "language": (None, "en", "zh-Hant"),
    "specialties": (None, ["Neurology", "Dermatology"], ["Surgery", "Cardiology", "Neurology"]),
    "statements": (None, {"contact": "a@b.example", "notice": {"en": "Careful!", "zh-Hant": "小心！"}}),
    "emergency": (None, {"Taiwan": "119"}, {"Taiwan": "119", "Europe": "112"}),
    "colours": (None, {"band": "#3a1f6e"}, {"on-band": "#eee", "band": {"dark": "#222"}}),
    "timezone": (None, "Asia/Taipei"),
    "levels": (None, {"MQ701": "off"}),
}


@edit(*(f"set {key}" for key in _SETTINGS))
def _set(state: State, random: Random, name: str) -> None:
    key = name.removeprefix("set ")
    state.config[key] = random.choice([value for value in _SETTINGS[key] if value != state.config.get(key)])


@edit("write a static file")
def _static(state: State, random: Random, _: str) -> None:
    name = random.choice(("robots.txt", "images/scan.svg", "leaflet", "papers/one.txt", "特/殊.txt"))
    state.files[f"static/{name}"] = f"{random.randrange(9)}\n"


@edit("remove a static file")
def _remove_static(state: State, random: Random, _: str) -> None:
    if paths := sorted(path for path in state.files if path.startswith("static/")):
        del state.files[random.choice(paths)]


@edit("turn a file into a folder, or back")
def _turn(state: State, _: Random, __: str) -> None:
    if state.files.pop("static/leaflet", None) is not None:
        state.files["static/leaflet/inside.txt"] = "below\n"
    else:
        state.files.pop("static/leaflet/inside.txt", None)
        state.files["static/leaflet"] = "a file\n"


@edit("another day")
def _another_day(state: State, random: Random, _: str) -> None:
    days = ("2024-06-01", "2024-06-02", "2024-07-01", "2025-06-01", "2020-01-01")
    state.as_of = date.fromisoformat(random.choice(days))


@edit("drafts on or off")
def _drafts(state: State, _: Random, __: str) -> None:
    state.previews = not state.previews


@edit("delete the cache", "nothing")
def _nothing(*_: object) -> None:
    """Leave the archive as it is."""


# --- mistakes ---------------------------------------------------------------------------------------------------------

_HEAD = "---\ntitle: T\nspecialty: S\nasked: 2020-01-01\n---\n## Question\n"
BREAKS = {
    "tear a front matter": ("content/threads/torn.md", "---\ntitle: 'Torn\n---\n"),
    "forget the front matter": ("content/threads/bare.md", "none\n"),
    "mistype a year": ("content/threads/early.md", _HEAD.replace("2020", "2999") + "Why?\n"),
    "link to nowhere": ("content/threads/b/lost.md", _HEAD + "[Where](nowhere.md)?\n"),
    "use a name again": ("content/threads/x/thread-1.md", _HEAD + "Why?\n"),
    "share a doctor's name": ("content/doctors/ann-bell-2.md", "---\nname: Ann Bell\n---\n"),
    "mistype a key": ("content/doctors/bo.md", "---\nname: Bo\nnmaes: [Bob]\n---\n"),
    "leave a stray file": ("content/stray.txt", "stray\n"),
    "collide with a page": ("static/index.html", "collides\n"),
    "tear a template": ("templates/thread.html", "{% if %}\n"),
    "show what is not there": ("templates/year.html", "{{ page.no_such_field }}\n"),
    "invent a string": ("templates/locales/en.yaml", "messages: {no_such_string: x}\n"),
    "invent a setting": ("config.yaml", "name: X\nunknown: key\n"),
}


@edit(*BREAKS)
def _break(state: State, _: Random, name: str) -> None:
    path, text = BREAKS[name]
    state.files[path] = text
