"""JupyterLab as the course starts it, and what surrounds that."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager


def plain(more=()):
    """This environment without what a virtual environment or a test run has put into it."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "VIRTUAL_ENV"))} | dict(more)


def wait_for(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


@contextmanager
def jupyterlab(folder, *command):
    """A server started in a folder by `… --no-browser --port N`: gives get(path, data=None)."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "server.log"
    own = {name: str(folder / name) for name in
           ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    with log.open("w") as out:
        server = subprocess.Popen([*map(str, command), "--no-browser", "--port", str(port)],
                                  stdout=out, stderr=out, cwd=folder, env=plain(own), start_new_session=True)
    try:
        wait_for(lambda: "token=" in log.read_text() or server.poll() is not None)
        address = re.search(rf"http://127\.0\.0\.1:{port}(/\S*)\?token=(\w+)", log.read_text())
        assert address, log.read_text()

        def get(path, data=None):
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/{path.lstrip('/')}", json.dumps(data).encode() if data else None,
                {"Authorization": f"token {address[2]}", "Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read().decode()
        get.opens, get.log = address[1], log.read_text
        yield get
        server.send_signal(signal.SIGINT)   # Ctrl-C
        assert server.wait(60) == 0
        assert "Traceback" not in log.read_text()
        assert not (folder / "JUPYTER_CONFIG_DIR" / "labconfig").exists()
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
