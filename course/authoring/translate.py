"""`backprop translate`: catalogues brought up to date with the English, and what is missing in them.

    backprop translate                  extract; mark what is stale; say how far each catalogue is
    backprop translate zh_CN lessons-01_chain_rule      begin this catalogue, or bring it alone up to date
    backprop translate --check          change nothing; what is wrong with those that are declared complete

How one translates: course/translations/README.md.
"""

import argparse
import sys

from course.authoring import catalogues
from course.authoring.texts import WORD
from course.places import ROOT


def main(argv=None, root=ROOT):
    """Returns 0; 1 where `--check` finds something, 2 for a name that is none."""
    parser = argparse.ArgumentParser(prog="backprop translate", description=__doc__.splitlines()[0])
    parser.add_argument("language", nargs="?", help="zh_CN; every language that has a folder, if left out")
    parser.add_argument("catalogue", nargs="*", help="lessons-01_chain_rule; all if left out")
    parser.add_argument("--check", action="store_true",
                        help="change nothing; name, by file and line, what is missing, stale or not the same")
    options = parser.parse_args(argv)
    wanted = catalogues.wanted(root)
    unknown = [name for name in options.catalogue if name not in wanted]
    if unknown:
        parser.error(f"there is no catalogue {unknown[0]!r}; there are {', '.join(wanted)}")
    languages = [options.language] if options.language else catalogues.languages(root)
    if options.check:
        found = [problem for language in languages for problem in checked(language, wanted, options.catalogue, root)]
        print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
        print(f"{len(found)} problem{'' if len(found) == 1 else 's'}" if found else
              "what is declared complete is complete")
        return bool(found)
    for language in languages:
        update(language, wanted, options.catalogue, root)
    return 0


def checked(language, wanted, names=(), root=ROOT):
    """The problems of the catalogues that are declared complete, or of these."""
    terms = catalogues.glossary(language, root)
    for name in names or catalogues.complete(language, root):
        if name not in wanted:
            yield catalogues.Problem(f"{catalogues.FOLDER}/{language}/{catalogues.COMPLETE}", 1,
                                     f"there is no catalogue {name!r}")
        else:
            yield from sorted(catalogues.problems(language, name, wanted[name], root, terms))


def update(language, wanted, names=(), root=ROOT):
    """Bring the catalogues that are begun, or named here, up to date; say how far each is."""
    folder = root / catalogues.FOLDER / language
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / catalogues.COMPLETE).exists():
        (folder / catalogues.COMPLETE).write_text("# Catalogues that are complete: learners get no others.\n", "utf-8")
    every = {name: catalogues.read(language, name, root) for name in wanted}
    memory = {english: said for catalogue in every.values() for english, said in catalogues.book(catalogue).items()}
    print(f"{language:34} entries  words   left  stale")
    totals = [0] * 4
    for name in names or wanted:
        new = catalogues.updated(wanted[name], every[name], language, memory)
        path = folder / f"{name}.po"
        if name in names or path.exists():
            path.write_bytes(f"{str(new).rstrip()}\n".encode())
        row = (len(new), words(new), words(entry for entry in new if not entry.msgstr or entry.fuzzy),
               sum(entry.fuzzy for entry in new))
        totals = [a + b for a, b in zip(totals, row, strict=True)]
        print("{:34} {:7} {:6} {:6} {:6}".format(name, *row))
    print("{:34} {:7} {:6} {:6} {:6}".format("together", *totals))


def words(entries):
    """How many English words they have."""
    return sum(len(WORD.findall(entry.msgid)) for entry in entries)
