"""The course in JupyterLite, driven in a real browser: what runs, what it shows, and a kernel that died."""

import functools
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import nbformat

from course.checks.examining import SHOWN_SEED, examine
from course.checks.verdict import verdict_in
from course.declarations import exercises
from course.places import ROOT

OPEN = "path => window.jupyterapp?.shell.currentWidget?.context?.path === path"
# An empty request first: what is run before a kernel answers is lost without a word.
START = """() => {
    const context = jupyterapp.shell.currentWidget.sessionContext;
    window.ready = undefined;
    context.ready.then(() => context.session.kernel.requestExecute({code: "", silent: true}).done).then(
        () => { window.ready = true; }, error => { window.ready = String(error); });
}"""
# true, or what is in the way: a dialog that asks which kernel a notebook is for, say
READY = "() => window.ready ?? document.querySelector('.jp-Dialog')?.innerText"
SAVE = "() => jupyterapp.shell.currentWidget.context.save()"
RUN = """([sources, ids]) => {
    const {content, sessionContext} = jupyterapp.shell.currentWidget;
    const cells = [...Array(content.model.cells.length).keys()].map(k => content.model.cells.get(k));
    for (const cell of cells) if (cell.id in sources) cell.sharedModel.setSource(sources[cell.id]);
    window.ran = undefined;
    const done = ran => { window.ran = ran; };
    if (!ids) { jupyterapp.commands.execute("notebook:run-all-cells").then(done, done); return; }
    content.deselectAll();
    const places = cells.map((cell, k) => ids.includes(cell.id) ? k : -1).filter(k => k >= 0);
    (async () => {
        for (const k of places) { content.activeCellIndex = k; await jupyterapp.commands.execute("notebook:run-cell"); }
        return true;
    })().then(done, done);
}"""
CELLS = """() => {
    const cells = jupyterapp.shell.currentWidget.content.model.cells;
    return [...Array(cells.length).keys()].map(k => cells.get(k)).filter(cell => cell.type === "code").map(
        cell => ({id: cell.id, ran: cell.executionCount !== null, outputs: cell.outputs.toJSON()}));
}"""
DEAD = "atal error"      # what Pyodide writes to the console as it ends; no message reaches the notebook


class KernelDied(AssertionError):
    """The kernel ended, or no longer answers."""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *about):
        pass


@contextmanager
def served(folder, handler=Quiet):
    """A folder's files at an address of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Notebook:
    """A notebook of the course, opened in the browser's JupyterLab, with its kernel ready.

    foreign  addresses elsewhere that anything in the page asked for
    """

    def __init__(self, context, address, path, seconds=300):
        self.foreign, self.deaths = [], []
        here = address[:address.index("/", len("http://")) + 1]
        context.on("request", lambda request: self.foreign.append(request.url)
                   if not request.url.startswith((here, "data:", "blob:")) else None)
        self.page = context.new_page()
        self.page.set_default_timeout(1000 * seconds)
        self.page.on("console", lambda message: self.deaths.append(message.text) if DEAD in message.text else None)
        self.page.on("crash", lambda page: self.deaths.append("the page crashed"))
        self.page.goto(f"{address}lab/index.html?path={path}")
        self.page.wait_for_function(OPEN, arg=path)
        self.page.evaluate(START)
        ready = self.page.wait_for_function(READY).json_value()
        assert ready is True, ready

    def save(self, sources):
        """Write texts into cells, {id: text}, and save."""
        self.run(sources, [])
        self.page.evaluate(SAVE)

    def run(self, sources=None, ids=None, seconds=600):
        """Run all cells, or these; {id: outputs}. sources: {id: text} to be written into cells before."""
        self.page.evaluate(RUN, [sources or {}, ids])
        for _ in range(2 * seconds):
            if self.deaths:
                raise KernelDied(self.deaths[0])
            if self.page.evaluate("window.ran !== undefined"):
                break
            self.page.wait_for_timeout(500)
        else:
            raise KernelDied(f"a cell did not end in {seconds} s")
        return {cell["id"]: cell["outputs"] for cell in self.page.evaluate(CELLS) if ids is None or cell["id"] in ids}


def errors(outputs):
    """[(cell, what was raised)] among {id: outputs}."""
    return [(cell, f"{each['ename']}: {each['evalue']}") for cell, shown in outputs.items() for each in shown
            if each["output_type"] == "error"]


def verdicts(outputs):
    """{cell: what was found} by the checks among {id: outputs}."""
    found = [(cell, verdict_in(each.get("metadata", {}))) for cell, shown in outputs.items() for each in shown]
    return {cell: (verdict.title, verdict.code, verdict.score) for cell, verdict in found if verdict}


def answers(assignment):
    """{cell: source} of an assignment's solutions."""
    notebook = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", 4)
    return {cell.id: cell.source for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")}


def points(assignment):
    """{cell: points} of an assignment's graded cells."""
    return {name: exercise.points for name, exercise in exercises(assignment).items()}


def wrong_form(assignment):
    """(exercise, source of a wrong answer, what `check` finds in it here) of the first exercise that has one."""
    for name, exercise in exercises(assignment).items():
        for form in exercise.mistakes:
            if "torch" not in form.source:
                verdict = examine(exercise, form.function, (SHOWN_SEED,), edge=False).verdict
                if verdict.title:
                    return name, form.source, (verdict.title, verdict.code, verdict.score)
    raise LookupError(assignment)
