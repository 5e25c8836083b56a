"""A kernel's replies, seen as they come by what runs a notebook from top to bottom."""

from typing import Any


def seeing_replies(kernel: Any) -> Any:
    """The client of a kernel that nbclient started, mended: it sees each reply at once.

    What `interact` prints goes back to the kernel, over the socket on which nbclient waits for the cell's reply. zmq
    announces once that something has come; sending takes note of it, and jupyter_client sends where asyncio does not
    see it (its pull request 1059). So the reply lay there until the cell's time was up, every few runs.
    """
    import zmq

    channel = kernel.shell_channel
    send = channel.send

    def send_and_look(message):
        send(message)
        channel.socket.get(zmq.EVENTS)      # wakes who waits, where something has come

    channel.send = send_and_look
    return kernel
