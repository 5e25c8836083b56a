"""The commands' table, what is said about wrong ones, and what surrounds every command."""

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from course import cli, places
from course.learning import lab
from course.words import speaking

ROOT = places.ROOT
COURSE = [sys.executable, "-P", "-m", "course"]


def run(*arguments, **options):
    return subprocess.run([*COURSE, *arguments], capture_output=True, text=True, timeout=300, **options)


@pytest.fixture
def command(monkeypatch):
    """Put a command of the test's own into the table."""
    monkeypatch.setenv("PATH", os.environ["PATH"])   # main changes it; put back afterwards

    def add(function):
        monkeypatch.setitem(cli.COMMANDS, "probe", ("a probe", "course.cli:probe"))
        monkeypatch.setattr(cli, "probe", function, raising=False)
    return add


def test_every_row_of_the_table_leads_to_a_function():
    assert set(cli.available()) >= {"lab", "teach", "test", "nbgrader", "build", "setup"}
    for name in cli.available():
        module, function = cli.COMMANDS[name][1].split(":")
        module = __import__(module, fromlist=[function])
        assert callable(getattr(module, function)), name


def test_the_table_needs_only_the_standard_library():
    """__main__.py asks it before anything is installed."""
    told = subprocess.run([sys.executable, "-I", "-S", str(ROOT / "course"), "--help"],
                          capture_output=True, text=True)
    assert told.returncode == 0
    assert told.stdout.strip() == cli.overview()


@pytest.mark.parametrize("flag", ["-h", "--help", "help"])
def test_help_lists_the_commands(flag, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([flag])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in cli.available())


def test_no_command_and_bare_options_mean_lab():
    assert cli.look_up([]) == ("lab", [])
    assert cli.look_up(["--port", "9000"]) == ("lab", ["--port", "9000"])
    assert cli.look_up(["test", "-k", "x"]) == ("test", ["-k", "x"])


def test_an_unknown_command_is_told_with_the_list(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["tset"])
    assert end.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("There is no command 'tset' here. Did you mean `test`?")
    assert cli.overview() in err


@pytest.mark.parametrize("arguments, said", [
    (["lab", "--prot", "80"], "[--language NAME]"),
    (["lab", "--prot", "80"], "there is no option '--prot'"),
    (["--frobnicate"], "there is no option '--frobnicate'"),
    (["teach", "notebook.ipynb"], "there is no option 'notebook.ipynb'"),
    (["lab", "--port", "many"], "invalid int value: 'many'"),
    (["lab", "--port", "70000"], "a port is a number from 1 to 65535, not 70000"),
    (["lab", "--port"], "expected one argument"),
    (["setup", "everything"],
     "`setup` can add author, cluster, hub, peers, postgres, site, teach, test, torch, types, but not 'everything'."),
])
def test_a_wrong_argument_is_told_before_any_set_up(arguments, said, capsys):
    with pytest.raises(SystemExit) as end:
        cli.extras_for(arguments)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments, extras", [
    ([], []), (["--no-browser"], []), (["teach"], ["teach"]),
    (["build", "--check"], ["author"]), (["nbgrader", "--help"], []),
    (["test", "-q"], ["test"]), (["setup"], []), (["setup", "test", "peers"], ["test", "peers"]),
])
def test_what_a_command_needs_installed(arguments, extras):
    assert cli.extras_for(arguments) == extras


def test_what_learners_read_of_options_is_in_the_courses_language(capsys, monkeypatch):
    monkeypatch.setattr(argparse, "_", argparse._)      # main changes it; put back afterwards
    monkeypatch.setenv("PATH", os.environ["PATH"])
    for arguments in (*([name, "--help"] for name in cli.FOR_LEARNERS if name != "setup"), ["hint"], ["submit", "--x"],
                      ["lab", "--port", "many"]):
        with speaking("zh_CN"), pytest.raises(SystemExit):
            cli.main(arguments)
        said = "".join(capsys.readouterr())
        assert said.startswith("用法：") and not re.search(r"[a-z]{3,} [a-z]+ [a-z]+ [a-z]+", said), said
    with speaking("zh_CN"), pytest.raises(SystemExit):
        cli.main(["bundle", "--help"])                  # for instructors: not half of it
    assert not re.search("[\u3400-\u9fff]", capsys.readouterr().out)


@pytest.mark.parametrize("asked", [cli.main, cli.extras_for])
def test_the_overview_is_told_where_an_encoding_has_no_chinese(asked, monkeypatch):
    """As that of a pipe on a Western Windows."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", out)
    with speaking("zh_CN"), pytest.raises(SystemExit) as end:
        asked(["--help"])
    assert end.value.code == 0 and b"\\u7528\\u6cd5" in out.buffer.getvalue()


def test_a_command_whose_module_is_not_here_is_not_offered(monkeypatch):
    """The learner's bundle comes without some modules."""
    monkeypatch.setitem(cli.COMMANDS, "absent", ("a module that is not here", "course.nowhere.absent:main"))
    assert "absent" not in cli.available()
    assert "absent" not in cli.overview()
    with pytest.raises(SystemExit):
        cli.main(["absent"])


def test_a_command_gets_its_arguments_and_gives_its_code(command):
    got = []
    command(lambda arguments: got.append(arguments) or 3)
    assert cli.main(["probe", "-x", "y z"]) == 3
    assert got == [["-x", "y z"]]


def test_the_environments_programs_come_first_on_path(command):
    """nbgrader starts alembic by its bare name."""
    found = []
    command(lambda arguments: found.append(shutil.which("alembic")))
    os.environ["PATH"] = os.defpath
    cli.main(["probe"])
    assert found == [str(Path(sys.executable).parent / "alembic")]


def test_ctrl_c_is_no_traceback(command, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt
    command(interrupted)
    assert cli.main(["probe"]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_who_reads_no_further_ends_a_command_quietly(command, monkeypatch):
    """`backprop progress | head`; a broken pipe of the command's own is no such end."""
    def another(arguments):
        raise BrokenPipeError("a pipe of its own")
    command(another)
    with pytest.raises(BrokenPipeError, match="a pipe of its own"):
        cli.main(["probe"])

    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        command(lambda arguments: print("a line"))
        assert cli.main(["probe"]) == 141


def test_a_file_that_refuses_is_a_sentence(capsys, monkeypatch):
    def refuse(arguments):
        raise OSError(28, "No space left on device", "report.html")
    monkeypatch.setattr(cli, "setup", refuse)
    assert cli.main(["setup"]) == 1
    assert capsys.readouterr().err == "A file can't be read or written: report.html: No space left on device.\n"


def test_a_port_in_use_is_told(capsys, monkeypatch):
    monkeypatch.setattr(lab.workspace, "lay_out", list)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert lab.is_taken(port)
        assert lab.learn(["--no-browser", "--port", str(port)]) == 1
    assert f"Port {port} is in use by another program." in capsys.readouterr().err
    assert not lab.is_taken(port)


def test_new_editions_and_unwritable_folders_are_told(capsys, monkeypatch):
    monkeypatch.setattr(lab.workspace, "lay_out", lambda: ["exercises/a/b.new.ipynb"])
    assert lab.lay_out_and_tell() == 0
    assert "  work/exercises/a/b.new.ipynb\n" in capsys.readouterr().out

    def refuse():
        raise PermissionError(13, "Permission denied", "work")
    monkeypatch.setattr(lab.workspace, "lay_out", refuse)
    assert lab.lay_out_and_tell() == 1
    assert "could not be laid out in work/: work: Permission denied" in capsys.readouterr().err


def test_nbgrader_knows_the_course_in_any_folder(tmp_path):
    """Its configuration is found, and nothing is written where the command was called."""
    told = run("nbgrader", "generate_assignment", "no_such_assignment", cwd=tmp_path)
    assert str(ROOT / "solutions") in told.stderr
    assert "No nbgrader_config.py file found" not in told.stderr
    assert list(tmp_path.iterdir()) == []
