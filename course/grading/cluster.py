"""Grading on other machines: an executor in front of dask.distributed, which carries submissions and results.

Each of dask's workers hands what it gets to processes of its own (workers.py), as a local run does: so a submission
that ends its process ends nothing of dask's, and the bounds on the grader hold there, too. A submission is packed here
and unpacked there, and the graded notebook comes back: nothing needs to be shared.

A worker gets work only when it was asked for the version of the course and for its sandbox. One that is lost gives its
work to the others; what is entered is entered here, once.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
import multiprocessing
import os
import pickle
import shutil
import socket
import sys
import tempfile
import threading
import time
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course import __version__
from course.grading.gradebook import GradingError
from course.grading.worker import Job, Result
from course.grading.workers import Lost, Workers
from course.places import CHOICE, ROOT
from course.plaintext import in_a_sentence

if TYPE_CHECKING:
    from course.grading.judge import Settings
    from course.grading.key import Key

CONNECT = 30.0          # seconds in which a scheduler answers
NOBODY = 60.0           # seconds without any fit worker, after which a run ends
LOOK = 2.0              # seconds after which it is looked for new workers
AHEAD = 2               # submissions that wait at each place, so that none is idle
PACKED = 200_000_000    # bytes of a submission's files that travel
MISSING = "Grading on a cluster needs dask.distributed: python course setup cluster"
STANDS = "What was graded stands; the same command does the rest."


# ------------------------------------------------------------------------------------ here

class Cluster(Executor):
    """The workers of a dask scheduler, for `grade_class`: what is submitted is grade_in_own_process and its arguments.

    shared      the workers see the submitted folders at the same paths: nothing is packed
    told        sentences about workers that get no work
    """

    def __init__(self, address: str, isolation: bool, assignment: str, shared: bool = False,
                 tell: Callable[[str], object] = lambda sentence: None) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise GradingError(MISSING) from None
        for name in ("asyncio", "tornado", "distributed", *logging.root.manager.loggerDict):
            if name.split(".")[0] in ("asyncio", "tornado", "distributed"):     # what matters is said in sentences
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        warnings.filterwarnings("ignore", module="distributed")     # of what is large, for example
        self._shared, self._tell = shared, tell
        self._asked = isolation, assignment, fingerprint()
        self._fit: dict[str, int] = {}          # address: how many at a time
        self._unfit: dict[str, str] = {}        # address: why it gets none
        self._looked, self._lock, self._over = 0.0, threading.Lock(), threading.Event()
        try:
            _need_answer(address if "://" in address else f"tcp://{address}")
            self._client = Client(address, timeout=CONNECT, set_as_default=False, name="backprop autograde")
        except Exception as error:      # whatever answers there, and whatever is wrong with its certificates
            raise GradingError(f"No scheduler answers at {address}: {in_a_sentence(error) or 'it took too long'}.") \
                from None
        try:
            if not self._places(wait=CONNECT):
                raise GradingError("\n".join([f"No worker of {address} can grade.", *(
                    f"{worker}: {why}" for worker, why in self._unfit.items())]))
        except BaseException:
            self._close()
            raise
        self._threads = ThreadPoolExecutor(AHEAD * max(8, self.number))

    @property
    def number(self) -> int:
        """How many submissions are graded at a time."""
        return sum(self._fit.values())

    def submit(self, fn: Callable, /, *args: Any, **keywords: Any) -> Future:
        return self._threads.submit(self._do, *args)

    def _do(self, job: Job, keys: dict[str, Key], settings: Settings) -> Result:
        from distributed import KilledWorker

        packed = None if self._shared else packed_files(job.folder)
        load = pickle.dumps((job, keys, settings, packed))
        for _ in range(20):         # as many workers may be lost beside one submission; more is the submission's doing
            places = self._need_places()
            try:
                future = self._client.submit(there, load, self._asked[2], pure=False, workers=list(places),
                                             allow_other_workers=False)
                try:
                    found = self._wait(future, places)
                finally:
                    future.release()
            except KilledWorker:
                raise Lost("the machines that graded it were lost, one after the other") from None
            except (CancelledError, OSError) as error:
                self._over.wait(LOOK)       # by then it shows whether the scheduler is there
                self._need_scheduler(error)
                continue
            if found is None:       # all places that it might go to are gone
                continue
            kind, value = pickle.loads(found)
            if kind == "result":
                return replace(value, job=job)
            if kind == "lost":
                raise Lost(value)
            self._refuse(*value)
        raise Lost("worker after worker was lost beside it")

    def _wait(self, future: Any, places: dict[str, int]) -> bytes | None:
        """What a task gives; None where no worker is left on which it might run."""
        # looked at now and then: a timeout of dask's own would end all results that travel together with this one
        client: Any = self._client
        waiting = asyncio.run_coroutine_threadsafe(client.gather(future, asynchronous=True), client.loop.asyncio_loop)
        try:
            while not wait([waiting], 2 * LOOK).done:
                if self._over.is_set():
                    raise GradingError(f"Grading was stopped. {STANDS}")
                self._need_scheduler(None)
                if not places.keys() & self._places().keys():
                    future.cancel()
                    return None
            return waiting.result()
        finally:
            waiting.cancel()

    def _need_places(self) -> dict[str, int]:
        """The fit workers; where there is none, some may come."""
        until = time.monotonic() + NOBODY
        while time.monotonic() < until and not self._over.is_set():
            self._need_scheduler(None)
            places = self._places()
            if places:
                return places
            self._over.wait(LOOK)
        raise GradingError(f"No worker is left that can grade. {STANDS}")

    def _need_scheduler(self, error: BaseException | None) -> None:
        if self._client.status != "running" or self._over.is_set():
            self._over.set()
            raise GradingError(f"The scheduler is lost. {STANDS}") from error

    def _places(self, wait: float = 0.0) -> dict[str, int]:
        """The workers that are there and fit, after asking those that have come.

        wait  seconds for the first worker: where there are some, and none is fit, it is not waited for others
        """
        until = time.monotonic() + wait
        with self._lock:
            while True:
                if time.monotonic() - self._looked > LOOK or wait:
                    self._look()
                if self._fit or self._unfit or time.monotonic() >= until:
                    return dict(self._fit)
                time.sleep(0.2)

    def _look(self) -> None:
        try:
            info: Any = self._client.scheduler_info(n_workers=-1)
            here = {address: int(about["nthreads"]) for address, about in info["workers"].items()}
            new = [address for address in here if address not in self._fit and address not in self._unfit]
            said: Any = self._client.run(check, *self._asked, workers=new, on_error="return") if new else {}
        except (OSError, TimeoutError, CancelledError):     # lost meanwhile; the next look will show
            return
        finally:
            self._looked = time.monotonic()
        for address in self._fit.keys() - here.keys():
            del self._fit[address]
            self._tell(f"The worker {address} is lost; what it had is given to others.")
        for address in new:
            why = said.get(address, "it was lost")
            if isinstance(why, BaseException):
                missing = isinstance(why, ImportError) or "ImportError(" in str(why) or "NotFoundError(" in str(why)
                why = "the course is not installed there" if missing else \
                    f"{type(why).__name__}: {in_a_sentence(why)}"
            if why:
                self._unfit[address] = str(why)
                self._tell(f"The worker {address} gets no submissions: {why}")
            else:
                self._fit[address] = here[address]

    def _refuse(self, address: str, why: str) -> None:
        with self._lock:
            if self._fit.pop(address, None):
                self._unfit[address] = why
                self._tell(f"The worker {address} gets no submissions: {why}")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            self._over.set()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        self._close()

    def _close(self) -> None:
        self._over.set()
        self._client.close(timeout=2)

    def __exit__(self, kind: object, *about: object) -> None:
        if kind is None:
            with self._lock:
                self._look()        # who was lost since it was last looked is told, too
        self.shutdown(cancel_futures=kind is not None)


def _need_answer(address: str) -> None:
    """An exception where no scheduler answers at an address.

    A Client that has found none takes a minute to go, and says so in tracebacks; and where nobody listens, dask would
    try again until its time is over.
    """
    from distributed.comm.addressing import get_address_host_port
    from distributed.core import rpc
    from distributed.security import Security

    async def asked() -> Any:
        arguments = Security().get_connection_args("client")
        async with rpc(address, timeout=CONNECT, connection_args=arguments) as there:
            return await asyncio.wait_for(there.identity(), CONNECT)

    if address.startswith("inproc://"):
        return
    try:
        where = get_address_host_port(address, strict=True)
    except ValueError:
        raise ValueError("an address is like tcp://HOST:8786") from None
    socket.create_connection(where, CONNECT).close()
    if asyncio.run(asked()).get("type") != "Scheduler":
        raise ValueError("what answers is none")


def packed_files(folder: Path) -> bytes:
    """The files of a submission as grading finds them, for `unpack`: notebooks first, then Python's, then small ones.

    Of those that are larger than anything that is read, and of those for which there is no room any more, name, size
    and beginning travel, by which grading says what they are; of what may not be read here, and of a notebook that is
    a link, that it is so.
    """
    from course.grading.finding import files_of
    from course.grading.reading import MOST_FILE
    from course.grading.unfit import LOOKED_AT

    found: dict[str, tuple[int, bytes | None] | None] = {
        path.name: None for path in folder.glob("*.ipynb") if path.is_symlink()}
    sizes, room = {path: path.stat().st_size for path in files_of(folder)}, PACKED
    for path in sorted(sizes, key=lambda path: (".ipynb" not in path.name.lower(), path.suffix != ".py", sizes[path])):
        content = None
        if os.access(path, os.R_OK):
            with path.open("rb") as file:
                content = file.read(-1 if sizes[path] <= min(room, MOST_FILE) else LOOKED_AT)
            room -= len(content)
        found[str(path.relative_to(folder))] = sizes[path], content
    return zlib.compress(pickle.dumps(found), 1)


def unpack(packed: bytes, folder: Path) -> None:
    """Lay what `packed_files` packed into a folder."""
    for name, about in pickle.loads(zlib.decompress(packed)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if about is None:
            path.symlink_to("nowhere")
            continue
        size, content = about
        with path.open("wb") as file:
            file.write(content or b"")
            file.truncate(size)
        if content is None:
            path.chmod(0)


@functools.cache
def fingerprint() -> str:
    """What two machines must agree on: the course's version and text, and the Python that reads it."""
    digest = hashlib.sha256()
    for path in sorted(path for name in ("autodiff", "course/checks", "course/declarations", "course/grading")
                       for path in (ROOT / name).rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    if CHOICE.is_file():
        digest.update(CHOICE.read_bytes())
    return f"{__version__} ({digest.hexdigest()[:8]}), Python {sys.version_info[0]}.{sys.version_info[1]}"


# ------------------------------------------------------------------------------------ there

def check(isolation: bool, assignment: str, version: str, dask_worker: Any = None) -> str:
    """On a worker, which dask gives: why it can't grade, in a sentence; "" where it can."""
    if fingerprint() != version:
        return f"it has the course in another version, {fingerprint()}; here it is {version}"
    try:
        return _processes(dask_worker).submit(_sandbox, isolation, assignment).result()
    except Exception as error:
        return in_a_sentence(error)


def there(load: bytes, version: str) -> bytes:
    """On a worker: grade what has travelled; ("result", Result), ("lost", why) or ("unfit", (address, why))."""
    from distributed import get_worker

    worker = get_worker()
    if fingerprint() != version:
        return pickle.dumps(("unfit", (worker.address, f"it has the course in another version, {fingerprint()}")))
    try:
        return pickle.dumps(("result", _processes(worker).submit(_unpacked, load).result()))
    except Lost as error:
        return pickle.dumps(("lost", str(error)))


def _unpacked(load: bytes) -> Result:
    """In a process that may be lost: unpack a submission, and grade it."""
    from course.grading.worker import grade_in_own_process

    job, keys, settings, packed = pickle.loads(load)
    if packed is None:
        if not job.folder.is_dir():
            return Result(job, failure=f"the worker does not see {job.folder}, which --shared says it does")
        return grade_in_own_process(job, keys, settings)
    folder = Path(tempfile.mkdtemp(prefix="submission-"))
    try:
        unpack(packed, folder)
        return grade_in_own_process(replace(job, folder=folder), keys, settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sandbox(isolation: bool, assignment: str) -> str:
    from course.grading.judge import NoIsolation, nursery

    try:
        nursery(isolation, assignment)
    except NoIsolation as error:
        return f"it has no sandbox. {error}"
    return ""


_pool: Workers | None = None
_starting = threading.Lock()


def _processes(worker: Any) -> Workers:
    """A dask worker's own processes, as many as it is given work at a time."""
    global _pool
    with _starting:
        if _pool is None:
            # a nanny's worker is a daemon, which multiprocessing allows no children; these end with their parent
            multiprocessing.process.current_process()._config.pop("daemon", None)  # pyright: ignore
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
            _pool = Workers(worker.state.nthreads)
        return _pool
