"""The language that the course speaks, and a text in it.

English is the key. `tr("you passed {n} of {m}", n=2, m=3)` looks the template up in the compiled catalogues of
course/translations and fills in the values; what is not there is told in English, as gettext has it. A sentence with
values is one template, never pieces, since another language has another order.

`later("a text")` marks a text that stands in data and is told by `tr` when it is shown.
"""

import contextlib
import functools
import gettext
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from course.places import COMMAND, IN_BROWSER, ROOT, work_folder

TRANSLATIONS = ROOT / "course" / "translations"
DOMAIN = "course"
ENGLISH = "en"
VARIABLE = "COURSE_LANG"
MARK = "backprop_course"    # in a notebook's metadata: its source, and its language where that is not English
SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")      # of the environment, as gettext asks it
KEPT = ".language"          # in work/: the language that a learner has chosen
WHOLE = "x-whole"           # in the header of a compiled catalogue: "yes" where no text of the course lacks

_CHINESE = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_SPOKEN: ContextVar[str] = ContextVar("SPOKEN", default="")


def tr(text: str, /, **values: object) -> str:
    """A text in the language of the course, its {placeholders} filled with the values, where there are any."""
    said = _catalogue(language()).gettext(text) if text else ""
    return closed(said, values).format(**values) if values else said


def closed(template: str, values: Mapping[str, object]) -> str:
    """A template without the spaces that Chinese has beside Latin letters, where a value itself is Chinese."""
    if _CHINESE.search(template):
        for name, value in values.items():
            if _CHINESE.match(str(value)[:1]):
                template = re.sub(rf"(?<=[\u3400-\u9fff]) (?=\{{{name}\}})", "", template)
            if _CHINESE.match(str(value)[-1:]):
                template = re.sub(rf"(?<=\{{{name}\}}) (?=[\u3400-\u9fff])", "", template)
    return template


def sentences(*said: str) -> str:
    """Sentences one after the other; after a Chinese full stop or bracket no space follows."""
    joined = ""
    for sentence in filter(None, said):
        joined += (" " if joined and joined[-1] not in "。？！：）" else "") + sentence
    return joined


def not_one_of(name: str, known: Iterable[str], got: object) -> str:
    """What is said to an option that is none of those there are."""
    return tr("{name} is one of {known}; got {got}.", name=name, known=tr(", ").join(map(repr, known)), got=repr(got))


def later(text: str) -> str:
    """The text itself; `backprop translate` finds it by this call."""
    return text


@functools.cache
def languages() -> tuple[str, ...]:
    """English, and the languages that have a compiled catalogue: "zh_CN"."""
    found = TRANSLATIONS.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return (ENGLISH, *sorted(path.parents[1].name for path in found))


def language() -> str:
    """The language in force: that of `speaking`, of COURSE_LANG, the one remembered in work/, or the system's.

    The system's counts only when the whole course is there in it: nobody is to meet half a translation unasked.
    """
    asked = _SPOKEN.get() or os.environ.get(VARIABLE, "")
    if asked:
        return known(asked) or ENGLISH
    return _unasked(*map(os.environ.get, SYSTEM))


@functools.lru_cache(8)         # asked for with every text
def _unasked(*system: str | None) -> str:
    kept = known(_remembered())
    if kept:
        return kept
    found = _of_the_system(*system)
    return found if found and _catalogue(found).info().get(WHOLE) == "yes" else ENGLISH


def offered() -> str:
    """A line for who has chosen no language: how the system's is had, or how English is; "" where there is but one."""
    system = _of_the_system(*map(os.environ.get, SYSTEM))
    if system in ("", ENGLISH) or os.environ.get(VARIABLE) or known(_remembered()):
        return ""
    here = language()
    with speaking(system):
        return tr("This course is in your language: `{command} --language en` for English.", command=COMMAND) \
            if here == system else tr("A part of this course is in your language: `{command} --language {name}`.",
                                      command=COMMAND, name=system.partition("_")[0])


def _of_the_system(*names: str | None) -> str:
    return known(next(filter(None, names), ""))


@functools.cache
def known(name: str) -> str:
    """The language that a name such as zh, zh-CN or zh_CN.UTF-8 means, of those that are here; "" if none."""
    tag = name.split(".")[0].split("@")[0].replace("-", "_").lower()
    exact = [here for here in languages() if here.lower() == tag]
    first = tag.split("_")[0]
    near = [here for here in languages() if here.lower().split("_")[0] == first]
    return next(iter(exact + near), "")


@contextlib.contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak a language in this context alone."""
    token = _SPOKEN.set(name)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def translated(path: Path, under: str) -> Path:
    """A notebook of the course in the language in force, where it is there in it; `under` is "lessons" or "exercises".

    path  the English one: …/lessons/NN_name.ipynb, …/exercises/NN_name/NN_name.ipynb
    """
    inside = path.name if under == "lessons" else f"{path.parent.name}/{path.name}"
    other = TRANSLATIONS / language() / under / inside
    return other if other.is_file() else path


def language_of(metadata: Mapping[str, Any]) -> str:
    """The language of a notebook by its own metadata; English where they name none that is here."""
    mark = metadata.get(MARK)
    name = mark.get("language") if isinstance(mark, Mapping) else None
    return name if isinstance(name, str) and name in languages() else ENGLISH


def remember(name: str, work: Path | None = None) -> None:
    """Speak this language from now on wherever this work/ is in use. May raise OSError."""
    folder = work or work_folder()
    folder.mkdir(exist_ok=True)
    (folder / KEPT).write_text(f"{name}\n", "utf-8")
    _unasked.cache_clear()


def _remembered() -> str:
    if IN_BROWSER:
        return work_folder().name
    try:
        return (work_folder() / KEPT).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


@functools.cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, TRANSLATIONS, [name], fallback=True)
