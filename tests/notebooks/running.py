"""Runs a notebook from top to bottom in a fresh kernel, as a learner's "Run All" would run it."""

import os
from pathlib import Path

import nbformat
import zmq
from nbclient import NotebookClient
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).resolve().parents[2]


class Client(NotebookClient):
    """A client that sees every reply at once.

    What `interact` prints goes back to the kernel, over the socket on which the client waits for the cell's reply.
    zmq announces once that something has come; sending takes note of it, and jupyter_client sends where asyncio does
    not see it (its pull request 1059). So the reply lay there until the cell's time was up, every few runs.
    """

    async def async_start_new_kernel_client(self):
        kernel = await super().async_start_new_kernel_client()
        channel = kernel.shell_channel
        send = channel.send

        def send_and_look(message):
            send(message)
            channel.socket.get(zmq.EVENTS)      # wakes who waits, where something has come

        channel.send = send_and_look
        return kernel


def run(path, folder, **environment):
    """The notebook with its outputs, run in `folder`, whose modules come before all others."""
    book = nbformat.read(path, as_version=4)
    config = PyFileConfigLoader("nbgrader_config.py", path=ROOT).load_config()
    client = Client(book, timeout=120, kernel_name="python3", allow_errors=True,
                    config=Config(KernelManager=config.KernelManager),      # no TCP ports, which processes may race for
                    resources={"metadata": {"path": str(folder)}})
    return client.execute(env=os.environ | {"IPYTHONDIR": str(folder / "no-ipython")} | environment)
