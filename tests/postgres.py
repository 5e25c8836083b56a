"""A PostgreSQL server of one's own, on a socket in a temporary folder; it ends with the `with` block."""

import contextlib
import glob
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def program(name):
    """The path of one of PostgreSQL's programs, which Debian keeps off the path; None where it is not here."""
    return next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None) or shutil.which(name)


@contextlib.contextmanager
def server():
    """The Server, started, with an empty database `gradebook`."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))     # a socket's name must be short
    started = Server(folder)
    try:
        started.run("initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync",
                    "--encoding=UTF8", "--locale=C")
        started.start()
        started.run("createdb", "-h", str(folder), "-U", "postgres", "gradebook")
        yield started
    finally:
        started.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """As a user without rights, since PostgreSQL refuses to run as root."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f"postgresql://postgres@/gradebook?host={folder}"
        self.as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self.as_user:
            shutil.chown(folder, "postgres", "postgres")

    def run(self, name, *arguments):
        done = subprocess.run([program(name), *arguments], cwd=self.folder, capture_output=True, text=True,
                              **self.as_user)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        self.run("pg_ctl", "start", "-w", "-t", "120", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"),
                 "-o", f"-k {self.folder} -c listen_addresses= -c fsync=off")

    def stop(self):
        """At once, as when its machine is lost."""
        with contextlib.suppress(AssertionError):
            self.run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", str(self.folder / "data"))
