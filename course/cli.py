"""The commands: `backprop …`, `python -m course …` and, from a fresh clone, `python course …`.

A command is a row of COMMANDS; its module is imported when it is called.
Only the standard library is imported here, since __main__.py asks this module before anything is installed.
"""

import argparse
import difflib
import importlib
import os
import sys

from course.learning.lab import PURPOSES
from course.places import CHOICE, COMMAND, CONFIGURATION, INSTALLED, ROOT, configuration_folder, use_configuration
from course.plaintext import in_a_sentence, plain
from course.words import later, sentences, tr

# name: (what it does, "module:function"); the function takes the arguments and returns an exit code
COMMANDS = {
    "lab": (PURPOSES["lab"], "course.learning.lab:learn"),
    "teach": (PURPOSES["teach"], "course.learning.lab:teach"),
    "test": ("run the tests that tell most; `test quick` in a minute, `test all` every one",
             "course.authoring.testing:main"),
    "nbgrader": ("run nbgrader with this course's configuration", "course.cli:nbgrader"),
    "build": ("make lessons, solutions and exercises from course/sources", "course.authoring.build:main"),
    "translate": ("what is missing or stale in the course's translations; `translate --check` for CI",
                  "course.authoring.translate:main"),
    "progress": (later("which of your exercises pass, and the points so far"), "course.learning.progress:main"),
    "practice": (later("a page of circuits to fill in, for a class: to play, to print, and solved"),
                 "course.practising.sheet:main"),
    "new": ("`new exercise NAME --in NN_name`: an exercise of your own, whole as it is laid down",
            "course.authoring.new:main"),
    "mistakes": ("every mistake that the checks know, what it costs and what it is called",
                 "course.authoring.mistakes:main"),
    "autograde": ("grade a whole class with all cores, sandboxed", "course.grading.run:main"),
    "hint": (later("a hint to an exercise; `hint NAME 2` gives two"), "course.learning.hinting:main"),
    "submit": (later("make the zip of an assignment that you hand in, and see what is missing"),
               "course.learning.submit:main"),
    "feedback": ("for instructors: a page of feedback for each learner, in one zip", "course.teaching.returning:main"),
    "export": ("for instructors: grades for Canvas, for Moodle, or per exercise", "course.teaching.exporting:main"),
    "report": ("for instructors: a page about the class", "course.teaching.reporting:main"),
    "answers": ("for instructors: learners' answers alone, for JPlag or Dolos", "course.teaching.answering:main"),
    "extend": ("for instructors: more time for a learner", "course.teaching.extending:main"),
    "forget": ("for instructors: a learner out of the gradebook and off the disk", "course.teaching.forgetting:main"),
    "bundle": ("for instructors: a zip of what learners get", "course.teaching.bundling:main"),
    "site": ("make the pages of the site: lessons, docs, reference", "course.authoring.site:main"),
    "setup": (later("make .venv and work/ ready, open nothing; `setup torch` adds PyTorch"), "course.cli:setup"),
}
FOR_LEARNERS = ("lab", "progress", "practice", "hint", "submit", "setup")     # the others are in English
# what argparse says of itself
ARGPARSE = (later("usage: "), later("positional arguments"), later("options"), later("show this help message and exit"),
            later("%(prog)s: error: %(message)s\n"), later("argument %(argument_name)s: %(message)s"),
            later("invalid %(type)s value: %(value)r"), later("expected one argument"),
            later("unrecognized arguments: %s"), later("the following arguments are required: %s"),
            later("invalid choice: %(value)r (choose from %(choices)s)"))
# the file that a command works by: the copy of the course that learners get lacks it
NEEDS = dict.fromkeys(("teach", "nbgrader", "autograde", "answers", "extend", "feedback", "export", "forget", "report"),
                      CONFIGURATION) | \
    dict.fromkeys(("test", "build", "translate", "new", "mistakes", "bundle", "setup", "site"), "pyproject.toml")
# nbgrader's commands that open the gradebook
OF_THE_GRADEBOOK = ("generate_assignment", "autograde", "generate_feedback", "db", "export", "zip_collect")
# what `setup` may add: the extras of pyproject.toml
EXTRAS = ("author", "cluster", "hub", "peers", "postgres", "site", "teach", "test", "torch", "types")
# the extras that a command works by
EXTRAS_OF = {"test": ["test"], "build": ["author"], "translate": ["author"], "site": ["site"], "teach": ["teach"],
             "feedback": ["teach"], "report": ["teach"]}


def main(argv=None):
    """Run one command; returns its exit code."""
    try:
        code = _run(argv)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        if not _is_closed(sys.stdout):
            raise
        return 141      # as of a program that SIGPIPE ends
    except KeyboardInterrupt:
        print(f"\n{tr('Stopped.')}", file=sys.stderr)
        return 130
    except OSError as error:
        print(plain(tr("A file can't be read or written: {error}.", error=in_a_sentence(error))), file=sys.stderr)
        return 1


def _is_closed(stream):
    """Whether nobody reads a stream any more, as after `… | head`; then the rest goes nowhere."""
    try:
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return True
    return False


def _run(argv):
    tell_all_the_same()
    name, arguments = look_up(sys.argv[1:] if argv is None else argv)
    # nbgrader starts alembic, and notebooks start pip, by their bare names
    programs = os.path.dirname(sys.executable)
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    module, function = COMMANDS[name][1].split(":")
    speak_of_options(name)
    if name != "setup" and CHOICE.exists():
        from course.declarations import choosing, registry

        try:
            registry.check_choice()
        except choosing.ChoiceError as error:
            print(error, file=sys.stderr)
            return 1
    return getattr(importlib.import_module(module), function)(arguments)


def tell_all_the_same():
    """Let no text end a command: names of files may be none, and a pipe on a Western Windows knows no Chinese."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def speak_of_options(name):
    """Let argparse speak the course's language of a learner's command; by itself it speaks the system's."""
    argparse._ = tr if name in FOR_LEARNERS else str


def look_up(argv):
    """The command's name and its arguments; help and unknown names are answered here, and end the program."""
    name, arguments = (argv[0], argv[1:]) if argv else ("lab", [])
    if name in ("-h", "--help", "help"):
        print(overview(), flush=True)
        sys.exit(0)
    if name.startswith("-"):
        return "lab", argv
    if name not in available():
        near = difflib.get_close_matches(name, available(), 1)
        refuse(sentences(tr("There is no command {name} here.", name=repr(name)),
                         tr("Did you mean `{name}`?", name=near[0]) if near else ""))
    return name, arguments


def refuse(sentence):
    """End the program with what was wrong and the list of what there is."""
    print(f"{sentence}\n\n{overview()}", file=sys.stderr)
    sys.exit(2)


def available():
    """The commands whose modules are here: what learners get comes without the sources."""
    def is_here(name, home):
        path = ROOT.joinpath(*home.split(":")[0].split("."))
        return is_given(NEEDS.get(name, "")) and (path.with_suffix(".py").exists() or path.is_dir())

    def is_given(file):
        folder = configuration_folder() if file == CONFIGURATION else ROOT
        return (not INSTALLED or file != "pyproject.toml") and (folder / file).exists()
    return [name for name, (_, home) in COMMANDS.items() if is_here(name, home)]


def overview():
    width = max(map(len, COMMANDS))
    rows = [f"  {name:{width}}  {tr(COMMANDS[name][0])}" for name in available()]
    return "\n".join([
        tr("Usage: {command} [command] [arguments]" if INSTALLED else
           "Usage: {command} [command] [arguments]      (or backprop …, once it is installed)", command=COMMAND), "",
        *rows, "",
        tr("`lab` and `teach` take --no-browser (print the address instead) and --port N."
           if "teach" in available() else "`lab` takes --no-browser (print the address instead) and --port N.")])


def extras_for(argv):
    """Which of pyproject's extras a command needs; wrong arguments are refused before any set-up."""
    tell_all_the_same()
    name, arguments = look_up(argv)
    speak_of_options(name)
    if name in ("lab", "teach"):
        from course.learning import lab
        lab.read_options(name, arguments)
    if name == "setup":
        return setup_extras(arguments)
    return EXTRAS_OF.get(name, [])


def setup_extras(arguments):
    for extra in arguments:
        if extra not in EXTRAS:
            refuse(tr("`setup` can add {extras}, but not {name}.", extras=tr(", ").join(EXTRAS), name=repr(extra)))
    return arguments


def setup(arguments):
    """What there was to install stands by now; lay out the notebooks."""
    from course.learning import lab
    setup_extras(arguments)
    return lab.lay_out_and_tell()


def nbgrader(arguments):
    """nbgrader with nbgrader_config.py in force, from any folder."""
    use_configuration(ROOT)
    from nbgrader.apps.nbgraderapp import NbGraderApp
    sys.argv[0] = "nbgrader"   # its help names the program
    if arguments[:1] and arguments[0] in OF_THE_GRADEBOOK:
        from course.grading.gradebook import GradingError, need_server

        try:
            need_server()
        except GradingError as error:       # of which nbgrader would print a page
            print(error, file=sys.stderr)
            return 1
    NbGraderApp.launch_instance(arguments)
    return 0
