"""Runs a notebook from top to bottom in a fresh kernel, as a learner's "Run All" would run it."""

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config, PyFileConfigLoader

from course.authoring.replies import seeing_replies

ROOT = Path(__file__).resolve().parents[2]


class Client(NotebookClient):
    """A client that sees every reply at once."""

    async def async_start_new_kernel_client(self):
        return seeing_replies(await super().async_start_new_kernel_client())


def run(path, folder, **environment):
    """The notebook with its outputs, run in `folder`, whose modules come before all others."""
    book = nbformat.read(path, as_version=4)
    config = PyFileConfigLoader("nbgrader_config.py", path=ROOT).load_config()
    client = Client(book, timeout=120, kernel_name="python3", allow_errors=True,
                    config=Config(KernelManager=config.KernelManager),      # no TCP ports, which processes may race for
                    resources={"metadata": {"path": str(folder)}})
    return client.execute(env=os.environ | {"IPYTHONDIR": str(folder / "no-ipython")} | environment)
