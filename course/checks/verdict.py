"""What a report found, as data. It travels in an output's metadata, so that nothing has to be read back from text."""

from dataclasses import asdict, dataclass
from typing import Any

from course import __version__
from course.plaintext import one_line
from course.words import later, tr

KEY = "backprop"                # in an output's metadata
UNWRITTEN = later("not written yet")    # title of an answer that is still the stub
ANOTHER_VALUE = later("another value")      # titles that say what was seen, and not what it comes from
NOT_FINITE = later("not finite")
ALL_ZEROS = later("all zeros")
STOPPED = "stopped with "       # and the kind of an exception: a title, too
# instead of that, where the kind is a name of ours, and not Python's or the learner's
OURS = {"TimeLimit": later("took longer than the time limit"), "MemoryLimit": later("took more memory than the limit"),
        "Ended": later("the process ended"), "GivenUp": later("given up"),
        "TooManyCalls": later("too many calls"), "TooMuchWork": later("came to no end")}


@dataclass(frozen=True)
class Share:
    """What a check of the exercise is worth, and whether the answer passed it."""

    title: str
    points: float
    passed: bool


@dataclass(frozen=True)
class Verdict:
    """What the checks of one exercise found in one answer.

    title     the mistake's name, "upstream dropped"; UNWRITTEN; "" where nothing is wrong
    code      its id in MISTAKES.md, or ""
    score     points earned, out of `points`
    calls     how often the answer was called
    checks    those that ran
    seeds     of the draws
    version   of the course that checked
    """

    exercise: str
    title: str
    code: str
    score: float
    points: float
    calls: int
    checks: tuple[Share, ...]
    seeds: tuple[int, ...]
    version: str = __version__

    @property
    def unwritten(self) -> bool:
        return self.title == UNWRITTEN

    @property
    def unexplained(self) -> bool:
        """Whether the answer is wrong and no cause was found."""
        return not self.code and self.title in (ANOTHER_VALUE, NOT_FINITE, ALL_ZEROS)

    @property
    def mistake(self) -> str:
        """The mistake's name with its id, or "" ."""
        return f"{self.title} [{self.code}]" if self.code else self.title

    @property
    def found(self) -> str:
        """All of it in a few words, for a person."""
        if self.unwritten:
            return f"· {tr(self.title)}"
        if self.title:
            return f"✗ {told(self.title)}" + (f" [{self.code}]" if self.code else "")
        return tr("✓ right on {n} call", n=1) if self.calls == 1 else tr("✓ right on {n} calls", n=self.calls)

    def as_metadata(self) -> dict:
        """The metadata of an output. Seeds go as text: JavaScript, which may save a notebook, rounds large numbers."""
        return {KEY: asdict(self) | {"seeds": [str(seed) for seed in self.seeds]}}


def verdict_in(metadata: Any) -> Verdict | None:
    """The Verdict that an output's metadata hold; None where they hold none, or one that is not whole."""
    try:
        about = metadata[KEY]
        texts = {name: about[name] for name in ("exercise", "title", "code", "version")}
        if not all(isinstance(text, str) for text in texts.values()):
            return None
        texts = {name: one_line(text) for name, text in texts.items()}
        if texts["title"].startswith(STOPPED):      # as versions before this one wrote it
            texts["title"] = stopped(texts["title"].removeprefix(STOPPED))
        return Verdict(**texts, score=float(about["score"]), points=float(about["points"]), calls=int(about["calls"]),
                       checks=tuple(Share(one_line(share["title"]), float(share["points"]), bool(share["passed"]))
                                    for share in about["checks"]),
                       seeds=tuple(int(seed) for seed in about["seeds"]))
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def stopped(kind: str) -> str:
    """The title of an answer that an exception of this kind has ended."""
    return OURS.get(kind) or STOPPED + kind


def told(title: str) -> str:
    """A mistake's name in the language of the course; as data it is English."""
    return tr("stopped with {kind}", kind=title.removeprefix(STOPPED)) if title.startswith(STOPPED) else tr(title)


def earned(points: float, of: float) -> str:
    """Points out of those that there are: "2 of 3 points"."""
    return tr("{earned} of {n} point", earned=f"{points:g}", n=1) if of == 1 else \
        tr("{earned} of {n} points", earned=f"{points:g}", n=f"{of:g}")


def counted(n: float, what: str) -> str:
    """A number of things in words: "1 call", "0.5 points"."""
    return f"{n:g} {what}{'' if n == 1 else 's'}"
