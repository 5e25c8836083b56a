"""What becomes of answers that nobody wrote down: single and double slips of every solution, graded and told.

    python -m benchmarks slips [--assignment 03_sigmoid_neuron] [--exercise mul_backward] [--double 30] [--single 0]
                               [--show 60] [--unnamed 20] [--half] [--quick] [--seed 0]

The slips are made here, from the text of the solutions, token by token and line by line: with other means than the
course's own (course.checks.causes works on syntax trees), so that this measures and does not repeat. For each
assignment:

rejected      with those that fail (an exception, a shape, a type: Python, or the check, says why)
kept          all points: equivalent on wide random inputs, or a hole, which is printed; `?` where nothing can be asked
named         of the rejected ones that do not fail: by a known mistake, a cause or a relation
by kind       of the named ones, those whose title is true of that kind of slip wherever it is made (TRUE)
again         those whose cause is found again on draws that were never seen: it is what the answer computes
not again     the others: to be read, they may be false. Each is printed
over half     of the rejected ones, those that keep more than half of the exercise's points when they are graded

At the end stands a sample of what was told, for reading by eye, and the time of `check`: this thread's own.

--show N     so many of the named ones, of all kinds but "by kind" first
--unnamed N  so many of those that were told nothing but another value
--half       list those that keep more than half of the points
--quick      without asking anew and wide, and without grading what is rejected (but for --half)
"""

import argparse
import difflib
import io
import random
import statistics
import time
import tokenize
import warnings
from collections import Counter, defaultdict

INSTEAD = {"+": ["-", "*"], "-": ["+"], "*": ["/", "+", "-"], "/": ["*", "//"], "**": ["*"], "@": ["*"],
           "+=": ["=", "-="], "-=": ["=", "+="], "*=": ["=", "+="], "/=": ["=", "*="], "<": ["<=", ">"],
           ">": [">=", "<"], "<=": ["<", ">="], ">=": [">", "<="], "==": ["!="], "!=": ["=="], "//": ["/"]}
WORDS = {"sum": ["mean"], "mean": ["sum"], "max": ["min", "sum"], "min": ["max"], "exp": ["log"], "log": ["exp"],
         "True": ["False"], "False": ["True"], "and": ["or"], "or": ["and"], "argsort": ["argmax"], "zeros": ["ones"],
         "ones": ["zeros"], "maximum": ["minimum"], "is": ["is not"], "not": [""], "continue": ["break", "pass"],
         "reversed": [""], "sqrt": [""], "abs": [""]}
NO_NAMES = {"np", "range", "len", "float", "int", "list", "dict", "tuple", "isinstance", "enumerate", "zip", "iter",
            "next",
            "strict", "axis", "keepdims", "self", "dtype", "set", "id", "super", "staticmethod", "property"}


def single_slips(text):
    """{changed text: what was changed} of a solution."""
    head, body = parted(text)
    out = {}
    tokens = list(tokenize.generate_tokens(io.StringIO(head + body).readline))
    starts = line_starts(head + body)
    first = len(head)
    place = lambda token: (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
    whole = head + body
    names = sorted({t.string for t in tokens if t.type == tokenize.NAME and t.string not in NO_NAMES
                    and t.string.isidentifier() and not is_word(t.string)})
    parameters = [t.string for t in tokens if t.type == tokenize.NAME and t.start[0] == 1][2:]

    def put(a, b, new, why):
        changed = whole[:a] + new + whole[b:]
        if a >= first and compiles(changed):
            out.setdefault(changed, why)

    for k, token in enumerate(tokens):
        a, b = place(token)
        if a < first or token.type in (tokenize.COMMENT, tokenize.STRING):
            continue
        before, after = tokens[k - 1], tokens[k + 1] if k + 1 < len(tokens) else token
        for new in INSTEAD.get(token.string, []) + (WORDS.get(token.string, [])):
            put(a, b, new, f"{token.string} → {new or 'nothing'}")
        if token.type == tokenize.NUMBER:
            for new in {"0": ["1"], "1": ["2", "0", "-1"], "2": ["1", "3"]}.get(token.string,
                                                                                [f"(10 * {token.string})"]):
                put(a, b, new, f"{token.string} → {new}")
        if token.type == tokenize.NAME and token.string in names and after.string not in ("(", "=") \
                and before.string not in (".", "def", "for", "import", "lambda"):
            near = [name for name in parameters + names if name != token.string]
            for new in dict.fromkeys(sorted(near, key=lambda name: -alike(name, token.string))[:3]):
                put(a, b, new, f"{token.string} → {new}")
        if token.string in "+-*/@" and token.type == tokenize.OP:        # an operator with what follows it
            end = operand_end(tokens, k + 1, place)
            if end:
                put(a, end, "", f"left out: {whole[a:end]}")
        if token.string == "." and after.string == "T":
            put(a, place(after)[1], "", "left out: .T")
        if token.string == "(" and before.type != tokenize.NAME:
            close = closing(tokens, k)
            if close:
                c, d = place(tokens[close])
                changed = whole[:a] + whole[b:c] + whole[d:]
                if compiles(changed):
                    out.setdefault(changed, "brackets left out")
        if token.string == ",":
            left, right = operand_start(tokens, k - 1, place), operand_end(tokens, k + 1, place)
            if left and right:
                put(left, right, f"{whole[b:right].strip()}, {whole[left:a].strip()}", "exchanged around a comma")
            if right and after.type == tokenize.NAME and k + 2 < len(tokens) and tokens[k + 2].string == "=":
                put(a, argument_end(tokens, k + 1, place), "", f"left out: {after.string}=")
    lines = (head + body).split("\n")
    top = head.count("\n")
    for n in range(top, len(lines)):
        if not lines[n].strip() or lines[n].strip().startswith("#"):
            continue
        for why, new in (("a line left out", lines[:n] + lines[n + 1:]),
                         ("a line twice", [*lines[:n + 1], lines[n], *lines[n + 1:]]),
                         ("a line further in", [*lines[:n], "    " + lines[n], *lines[n + 1:]]),
                         ("two lines exchanged", [*lines[:n], *lines[n:n + 2][::-1], *lines[n + 2:]])):
            changed = "\n".join(new)
            if changed != whole and compiles(changed):
                out.setdefault(changed, f"{why}: {lines[n].strip()[:60]}")
    return out


def parted(text):
    """The head of a definition with its docstring, and its body."""
    end = text.find('"""', text.find('"""') + 3)
    cut = text.find("\n", end) + 1 if end > 0 else text.find("\n") + 1
    return text[:cut], text[cut:]


def line_starts(text):
    out, at = [], 0
    for line in text.split("\n"):
        out.append(at)
        at += len(line) + 1
    return [*out, at]


def is_word(name):
    import builtins
    import keyword

    return keyword.iskeyword(name) or hasattr(builtins, name)


def alike(a, b):
    """How near two names are: as one slips from dx to dy."""
    return sum(x == y for x, y in zip(a, b, strict=False)) - abs(len(a) - len(b)) / 2


def closing(tokens, k):
    depth = 0
    for j in range(k, len(tokens)):
        depth += (tokens[j].string in "([{" and tokens[j].type == tokenize.OP) - (
            tokens[j].string in ")]}" and tokens[j].type == tokenize.OP)
        if not depth:
            return j
    return None


def operand_end(tokens, k, place):
    """Where the operand that begins at token k ends: a name or number with its dots, calls and indices, or a "
    "bracket."""
    if k < len(tokens) and tokens[k].string == "-":
        k += 1
    if k >= len(tokens) or not (tokens[k].type in (tokenize.NAME, tokenize.NUMBER) or tokens[k].string in ("(", "[")):
        return None
    end = k if tokens[k].string not in ("(", "[") else closing(tokens, k)
    while end is not None and end + 1 < len(tokens):
        after = tokens[end + 1].string
        if after == "." and end + 2 < len(tokens):
            end += 2
        elif after in ("(", "["):
            end = closing(tokens, end + 1)
        else:
            break
    return place(tokens[end])[1] if end is not None else None


def operand_start(tokens, k, place):
    """Where a simple name or number in front of a comma begins."""
    return place(tokens[k])[0] if tokens[k].type in (tokenize.NAME, tokenize.NUMBER) and \
        tokens[k - 1].string in ("(", "[", ",", "return", "=") else None


def argument_end(tokens, k, place):
    depth = 0
    for j in range(k, len(tokens)):
        if tokens[j].string in "([{" and tokens[j].type == tokenize.OP:
            depth += 1
        elif tokens[j].string in ")]}" and tokens[j].type == tokenize.OP:
            if not depth:
                return place(tokens[j])[0]
            depth -= 1
        elif tokens[j].string == "," and not depth:
            return place(tokens[j])[0]
    return place(tokens[k])[1]


def compiles(text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<slip>", "exec")
        return True
    except (SyntaxError, ValueError):
        return False


def defined(exercise, text):
    """What an answer's text defines."""
    import numpy as np

    names = {"np": np}
    exec(exercise.given, names)
    exec(text, names)
    return names[exercise.name]


def told(exercise, answer):
    """The Report of an answer, and check's time in seconds: this thread's own, and by the clock."""
    from course.checks.examining import SHOWN_SEED, examine

    start, clock = time.thread_time(), time.perf_counter()
    report = examine(exercise, answer, (SHOWN_SEED,), edge=False)
    took = time.thread_time() - start, time.perf_counter() - clock
    if report.run.passed:
        report = examine(exercise, answer, (SHOWN_SEED, 20260101), edge=True)
    return report, took


def points_kept(exercise, answer):
    """The share of an exercise's points that an answer gets when it is graded."""
    from course.checks.examining import SHOWN_SEED
    from course.checks.running import run

    return run(exercise, answer, (SHOWN_SEED, 20260101), edge=True).score / exercise.points


def lines(text, changed):
    """The lines in which two texts differ, for whoever reads what was told."""
    return "\n".join(line for line in difflib.ndiff(text.splitlines(), changed.splitlines()) if line[0] in "+-")


def sort_of(report):
    """How a rejected answer was told."""
    found = report.diagnosis
    if found.code:
        return "known"
    if "comes out when" in found.says or "come out when" in found.says:
        return "cause"
    if found.title in ("another value", "not finite", "all zeros"):
        return "another value"
    if found.title.startswith("stopped") or found.title in ("shape of the result", "transposed", "type of the result",
                                                            "number of results", "keys of the result", "integers",
                                                            "precision lost", "not a number or an array"):
        return "failure"
    return "relation" if found.title in ("sign", "upstream dropped", "upstream twice", "half of it", "twice too much",
                                         "a factor of N", "order of the results") else "own words"


NAMED = ("known", "cause", "relation", "own words")
COLUMNS = ("slips", "rejected", "fail", "equivalent", "hole", "?", "named", "by kind", "again", "not again", "unnamed",
           "over half")


def main(argv):
    from benchmarks import _judging as judging
    from course.declarations import assignments, exercises

    parser = argparse.ArgumentParser(prog="python -m benchmarks slips", description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", choices=assignments())
    parser.add_argument("--exercise")
    parser.add_argument("--single", type=int, default=0, help="at most so many single slips of an exercise; 0 for all")
    parser.add_argument("--double", type=int, default=0, help="so many double slips of each exercise")
    parser.add_argument("--show", type=int, default=60)
    parser.add_argument("--unnamed", type=int, default=0, help="show so many that were told nothing but another value")
    parser.add_argument("--half", action="store_true", help="list those that keep more than half of the points")
    parser.add_argument("--quick", action="store_true", help="without asking anew or wide; grades for --half alone")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    rng = random.Random(args.seed)
    print(f"{'assignment':30}" + "".join(f"{column:>11}" for column in COLUMNS) + "   named of those that don't fail")
    shown, unnamed, times = [], [], []
    totals = defaultdict(Counter)
    for assignment in [args.assignment] if args.assignment else assignments():
        for double in (False, True)[:1 + bool(args.double)]:
            count = Counter()
            for name, exercise in exercises(assignment).items():
                text = exercise.solution()
                if not text or (args.exercise and name != args.exercise) or name == "train":
                    continue
                slips = list(single_slips(text).items())
                if double:
                    slips = list(twice(slips, args.double, rng))
                elif args.single and len(slips) > args.single:
                    slips = rng.sample(slips, args.single)
                for changed, why in slips:
                    made = judging.limited(lambda changed=changed, exercise=exercise: (
                        answer := defined(exercise, changed), *told(exercise, answer)))
                    if made is None:
                        continue
                    answer, report, took = made
                    times.append((*took, f"{name}: {why}"))
                    count["slips"] += 1
                    if report.run.passed:
                        found = None if args.quick else judging.difference(exercise, defined(exercise, text), answer)
                        count["?" if found is None else "hole" if found else "equivalent"] += 1
                        if found or (found is None and not args.quick):
                            print(f"  kept: {name}: {why}: {found or 'nothing can be asked'}\n{lines(text, changed)}")
                        continue
                    count["rejected"] += 1
                    kept = None if args.quick and not args.half else judging.limited(
                        lambda exercise=exercise, answer=answer: points_kept(exercise, answer))
                    if kept and kept > 0.5:
                        count["over half"] += 1
                        if args.half:
                            print(f"\nhalf: {name} · {why} · keeps {kept:.0%}: {report.diagnosis.title}\n"
                                  f"{lines(text, changed)}")
                    sort = sort_of(report)
                    if sort == "failure":
                        count["fail"] += 1
                    elif sort == "another value":
                        count["unnamed"] += 1
                        unnamed.append((name, why, f"{lines(text, changed)}\n{report}"))
                    else:
                        count["named"] += 1
                        how = "by kind" if not double and judging.true_by_kind(why, report.diagnosis.title) else \
                            "" if args.quick else judging.how_again(exercise, answer, report)
                        count[how] += 1
                        (shown.append if how != "not again" else print_apart)(
                            (how, name, why, f"{lines(text, changed)}\n{report}"))
            totals[double].update(count)
            print(row(assignment + (", double" if double else ""), count), flush=True)
    for double, count in totals.items():
        print(row("all" + (", double" if double else ""), count))
    for k, clock in enumerate(("own time", "by the clock")):
        at, worst = statistics.quantiles([took[k] for took in times], n=100), max(times, key=lambda took, k=k: took[k])
        print(f"check, {clock}: median {at[49] * 1e3:.0f} ms, 99 % {at[98] * 1e3:.0f} ms, worst "
              f"{worst[k] * 1e3:.0f} ms ({worst[2]}: {worst[0] * 1e3:.0f} and {worst[1] * 1e3:.0f})")
    rng.shuffle(shown)
    for how, name, why, report in sorted(shown, key=lambda one: one[0] == "by kind")[:args.show]:
        print(f"\ntold, {how or 'unread'} · {name} · {why}\n{report}")
    for name, why, report in rng.sample(unnamed, min(args.unnamed, len(unnamed))):
        print(f"\nunnamed · {name} · {why}\n{report}")


def print_apart(told):
    how, name, why, report = told
    print(f"\nread: {how} · {name} · {why}\n{report}\n")


def row(title, count):
    ran = count["named"] + count["unnamed"]      # what fails is told why by Python
    return f"{title:30}" + "".join(f"{count[column]:11}" for column in COLUMNS) + f"{count['named'] / max(ran, 1):8.0%}"


def twice(slips, n, rng):
    """Double slips: one slip of an answer that has another already."""
    for _ in range(n):
        if not slips:
            return
        text, why = rng.choice(slips)
        more = list(single_slips(text).items())
        if more:
            changed, too = rng.choice(more)
            yield changed, f"{why}; {too}"
