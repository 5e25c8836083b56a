"""A real JupyterHub on the loopback, with two accounts of this machine: from the first lesson to one's own feedback."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.course.servers import plain, wait_for
from tests.course.test_wheel import wheel
from tests.grading.handing_in import ROOT, cell_of, solved
from tests.grading.test_class import run

pytestmark = [pytest.mark.slow, pytest.mark.needs_hub, pytest.mark.needs_sandbox]
NAME = "02_gate_patterns"
NOTEBOOK = f"{NAME}/{NAME}.ipynb"
THERE = f"backprop/exercises/{NOTEBOOK}"
WRONG = "def mul_backward(dout, x, y):\n    return y, x"
CONFIGURATION = """
import os
exec(open({recipe!r}).read())
c.Spawner.cmd = [{python!r}, "-m", "course.learning.hub"]
c.Spawner.environment["JUPYTER_CONFIG_PATH"] = {learners!r}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = set({users!r})
c.JupyterHub.bind_url, c.JupyterHub.hub_port = "http://127.0.0.1:{ports[0]}", {ports[1]}
c.ConfigurableHTTPProxy.api_url, c.ConfigurableHTTPProxy.command = "http://127.0.0.1:{ports[2]}", [{proxy!r}]
c.JupyterHub.services = [{{"name": "test", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{"name": "test", "services": ["test"],
                            "scopes": ["admin:users", "admin:servers", "access:servers", "tokens"]}}]
"""


def python_of_all():
    """A Python of this version that every account of this machine may run."""
    for path in (Path(sys.executable).resolve(), Path(f"/usr/bin/python3.{sys.version_info.minor}")):
        if path.exists() and all(folder.stat().st_mode & 1 for folder in path.parents):
            return path
    raise AssertionError("no Python of this version here can be run by every account")


def free_ports(count):
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in opened]
    for one in opened:
        one.close()
    return ports


class Hub:
    """The folders of a hub: a home for each learner, the course of the instructor, the exchange, an environment."""

    def __init__(self, folder):
        self.folder, self.course, self.exchange = folder, folder / "course", folder / "exchange"
        self.token, self.ports, self.process = os.urandom(16).hex(), free_ports(3), None
        self.users = [f"{name}{os.getpid()}" for name in ("ada", "ben")]

    def prepare(self):
        self.folder.chmod(0o755)
        for user in self.users:
            self._do("useradd", "--create-home", "--home-dir", str(self.folder / user), user)
        self.exchange.mkdir()
        self.exchange.chmod(0o777)
        for name in ("solutions", "exercises"):
            shutil.copytree(ROOT / name / NAME, self.course / name / NAME)
        self.course.chmod(0o700)
        shutil.copy(ROOT / "nbgrader_config.py", self.course)
        with open(self.course / "nbgrader_config.py", "a") as file:
            file.write(f"\nc.Exchange.root = {str(self.exchange)!r}\n")
        learners = self.folder / "learners"
        learners.mkdir()
        text = (ROOT / "docs/hub/nbgrader_config.py").read_text()
        assert "/srv/nbgrader/exchange" in text
        (learners / "nbgrader_config.py").write_text(text.replace("/srv/nbgrader/exchange", str(self.exchange)))
        self._environment()
        self._do("npm", "install", "--silent", "--prefix", str(self.folder / "npm"), "configurable-http-proxy")

    def _environment(self):
        """With the course as a wheel; what it needs is what stands here."""
        env = self.folder / "env"
        self._do(str(python_of_all()), "-m", "venv", "--without-pip", str(env))
        (found,) = env.glob("lib/python*/site-packages")
        (here,) = {path for path in map(Path, sys.path) if path.name == "site-packages"}
        (found / "needs.pth").write_text(str(here))
        for name in ("etc", "share"):               # what turns nbgrader's extensions on, and the kernel
            (env / name).symlink_to(Path(sys.prefix, name))
        self._do(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(found),
                 str(wheel(self.folder / "wheel")))

    def start(self):
        (self.folder / "hub").mkdir(mode=0o700)
        (self.folder / "hub" / "configuration.py").write_text(CONFIGURATION.format(
            recipe=str(ROOT / "docs/hub/jupyterhub_config.py"), python=str(self.folder / "env/bin/python"),
            learners=str(self.folder / "learners"), users=self.users, ports=self.ports, token=self.token,
            proxy=str(self.folder / "npm/node_modules/.bin/configurable-http-proxy")))
        with open(self.folder / "hub" / "log", "w") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "jupyterhub", "-f", "configuration.py"], stdout=log,
                                            stderr=log, cwd=self.folder / "hub", env=plain())
        wait_for(lambda: self.process.poll() is not None or "is now running" in self.log(), 120)
        assert self.process.poll() is None, self.log()

    def log(self):
        return (self.folder / "hub" / "log").read_text()

    def end(self):
        if self.process:
            self.process.terminate()                # which ends the learners' servers and the proxy
            self.process.wait(60)
        for user in self.users:
            subprocess.run(["pkill", "-KILL", "-u", user])
            subprocess.run(["userdel", user], check=True)

    def ask(self, method, path, data=None, token=None):
        """Status and JSON (or text) that the hub, or a server behind it, answers."""
        link = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=300)
        link.request(method, quote(path), json.dumps(data) if data is not None else None,
                     {"Authorization": f"token {token or self.token}", "Content-Type": "application/json"})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer.status, json.loads(text) if text[:1] in "{[" and text else text

    def learner(self, user):
        """Log a learner in, start their server; what asks it as they do, and answers with what is inside of it."""
        assert self.ask("POST", f"/hub/api/users/{user}/server")[0] in (201, 202), self.log()
        wait_for(lambda: self.ask("GET", f"/hub/api/users/{user}")[1]["servers"].get("", {}).get("ready"), 120)
        token = self.ask("POST", f"/hub/api/users/{user}/tokens", {})[1]["token"]

        def ask(method, path, data=None, of=user, status=(200, 201)):
            got, answer = self.ask(method, f"/user/{of}/{path}", data, token)
            assert got in status, f"{got} {answer}\n{self.log()}"
            return answer
        return ask

    def _do(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    def instructor(self, *command):
        return run(self.course, *command)


@pytest.fixture
def hub():
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        made = Hub(Path(folder))
        try:
            made.prepare()
            made.start()
            yield made
        finally:
            made.end()


def test_an_assignment_goes_out_comes_back_and_its_feedback_is_seen_by_its_owner_alone(hub):
    hub.instructor("nbgrader", "generate_assignment", NAME, "--force")
    hub.instructor("nbgrader", "release_assignment", NAME)
    this = {"course_id": "backprop", "assignment_id": NAME}
    learners = [hub.learner(user) for user in hub.users]
    ada = learners[0]
    assert ada("GET", "api/contents/backprop/lessons")["content"]
    for ask, answer in zip(learners, (None, WRONG), strict=True):
        (listed,) = ask("POST", "assignments/fetch", this)["value"]
        assert listed["status"] == "fetched"
        nb = solved(NAME)
        if answer:
            cell_of(nb, "mul_backward-answer").source = answer
        ask("PUT", f"api/contents/{THERE}", {"type": "notebook", "format": "json", "content": nb})
        said = ask("POST", "assignments/validate", {"path": THERE})
        assert said["success"] and ("upstream dropped" in json.dumps(said)) == bool(answer), said
        assert ask("POST", "assignments/submit", this)["success"]
    assert ada("GET", f"api/contents/{THERE}", of=hub.users[1], status=(403, 404))
    hub.instructor("nbgrader", "collect", NAME)
    hub.instructor("course", "autograde", NAME, "--workers", "1")
    hub.instructor("nbgrader", "generate_feedback", NAME)
    hub.instructor("nbgrader", "release_feedback", NAME)
    for user, ask, there in zip(hub.users, learners, (False, True), strict=True):
        ask("POST", "assignments/fetch_feedback", this)
        (page,) = (hub.folder / user / "backprop/exercises" / NAME / "feedback").rglob("*.html")
        assert ("upstream dropped" in page.read_text()) == there
        others = subprocess.run(["runuser", "-u", user, "--", "find", str(hub.exchange), str(hub.course / "feedback"),
                                 *(str(hub.folder / other) for other in hub.users if other != user),
                                 "-name", "*.html"], capture_output=True, text=True, cwd="/")
        assert others.stdout == "", others.stdout
