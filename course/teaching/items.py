"""Item statistics: how hard each exercise was, how well it tells learners apart, and how both terms compare.

Discrimination is the corrected item-total correlation: of an exercise's points with the points of all others. Of what
is below 0.2, Ebel and Frisbie (Essentials of Educational Measurement, 1991, ch. 13) say that it is to be rejected or
looked over; from 0.4 on it is very good.
"""

import math
import statistics
from collections import defaultdict

from course.teaching.term import TeachingError

FEWEST = 10         # learners from whom a correlation says anything
WEAK = 0.2
HEADS = ("exercise", "learners", "difficulty", "discrimination")
COMPARED = ("exercise", "then", "now", "difference")
WORDS = (f"Difficulty is the mean share of an exercise's points, discrimination the correlation of these points with "
         f"those of all other exercises, from {FEWEST} learners on. Below {WEAK}: does it ask for what it is to?")
BESIDE = "Mean shares of the points; the difference is in points of a hundred, with twice its standard error."


def table(results):
    """Rows of HEADS, the weakest discrimination first; none where no exercise has points."""
    scores = {result.student: {mark.exercise: (mark.points, mark.of) for mark in result.marks if mark.of}
              for result in results if not any(mark.waits for mark in result.marks)}
    exercises = list(dict.fromkeys(exercise for marks in scores.values() for exercise in marks))
    rows = []
    for exercise in exercises:
        pairs = [(marks[exercise][0] / marks[exercise][1],
                  sum(points for name, (points, _) in marks.items() if name != exercise))
                 for marks in scores.values() if exercise in marks]
        rows.append((exercise, len(pairs), statistics.fmean(share for share, _ in pairs), discrimination(pairs)))
    rows.sort(key=lambda row: (row[3] is None, row[3] or 0, row[0]))
    return [(exercise, many, f"{hard:.2f}", _told(tells)) for exercise, many, hard, tells in rows]


def discrimination(pairs):
    """The correlation of (share of an exercise's points, points of all others); None where there is none to be had."""
    if len(pairs) < FEWEST:
        return None
    try:
        return statistics.correlation(*zip(*pairs, strict=True))
    except statistics.StatisticsError:      # all have the same
        return None


def _told(tells):
    if tells is None:
        return "–"
    return f"{tells:.2f}" + (" ← look at it" if tells < WEAK else "")


def earlier(records, name):
    """{assignment: {exercise: shares of the points}} of another term, from the rows of `export --per-exercise`."""
    found = defaultdict(lambda: defaultdict(list))
    for record in records:
        try:
            points, of = float(record["points"] or "nan"), float(record["of"])
        except ValueError:
            raise TeachingError(f"{name}: {record['points']!r} of {record['of']!r} are no points.") from None
        if of and not math.isnan(points):
            found[record["assignment"]][record["exercise"]].append(points / of)
    if not found:
        raise TeachingError(f"{name} is no table of `export --per-exercise` with points in it, so there is nothing to "
                            "compare with.")
    return found


def compared(then, results):
    """Rows of COMPARED: the mean share of the points in both terms, the largest change first.

    A difference is told with twice its standard error: what is smaller than that may be chance.
    """
    now = defaultdict(list)
    for result in results:
        for mark in result.marks:
            if mark.of and not mark.waits:
                now[mark.exercise].append(mark.points / mark.of)
    both = sorted(set(then) & set(now),
                  key=lambda name: (-abs(statistics.fmean(now[name]) - statistics.fmean(then[name])), name))
    rows = [(name, _share(then[name]), _share(now[name]), _difference(then[name], now[name])) for name in both]
    return rows + [(name, _share(then.get(name, [])), _share(now.get(name, [])), "")
                   for name in sorted(set(then) ^ set(now))]


def _share(shares):
    return f"{statistics.fmean(shares):.0%} of {len(shares)}" if shares else "–"


def _difference(then, now):
    change = statistics.fmean(now) - statistics.fmean(then)
    if min(len(then), len(now)) < 2:
        return f"{100 * change:+.0f}"
    error = 2 * math.sqrt(statistics.variance(then) / len(then) + statistics.variance(now) / len(now))
    return f"{100 * change:+.0f} ± {100 * error:.0f}"
