"""The characters of a language that matplotlib's own typeface lacks, cut from a large one: those of plots' labels.

    python -m course.authoring.typeface zh_CN /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc --number 2

writes course/translations/zh_CN/labels.otf, in which course.figures looks. The number is that of a font in a
collection. To be run again when a test says that a label has a character that it lacks.
"""

import argparse

from course.authoring import catalogues
from course.places import ROOT

NAME = "labels.otf"


def characters(language, root=ROOT):
    """The characters, beyond Latin ones, of all labels and sentences in the code of the complete notebooks."""
    names = [name for name in catalogues.complete(language, root) if name.startswith(catalogues.NOTEBOOKS)]
    return {character for name in names for entry in catalogues.read(language, name, root)
            if entry.comment.startswith(("text", "template")) for character in entry.msgstr if ord(character) > 0x2E7F}


def main(argv=None, root=ROOT):
    from fontTools import subset
    from fontTools.ttLib import TTFont

    parser = argparse.ArgumentParser(prog="python -m course.authoring.typeface", description=__doc__.splitlines()[0])
    parser.add_argument("language")
    parser.add_argument("font", help="an OpenType font, or a collection of them")
    parser.add_argument("--number", type=int, default=-1, help="of the font in a collection")
    options = parser.parse_args(argv)
    font = TTFont(options.font, fontNumber=options.number, recalcTimestamp=False)
    settings = subset.Options(layout_features=[], hinting=False, desubroutinize=True, notdef_outline=True)
    cutter = subset.Subsetter(settings)
    cutter.populate(text="".join(sorted(characters(options.language, root))))
    cutter.subset(font)
    path = root / catalogues.FOLDER / options.language / NAME
    font.save(path)
    print(f"{path}: {len(font.getBestCmap())} characters of {font['name'].getDebugName(4)}, {path.stat().st_size} B")


if __name__ == "__main__":
    main()
