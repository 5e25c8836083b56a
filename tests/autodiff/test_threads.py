"""Several threads or asyncio tasks at once: each gets what it would get alone."""
import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor

A = np.array([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]])
X, V = np.array([0.3, -0.2, 0.9]), np.array([1.0, 2.0, -1.0])
OFF = ad.no_grad()


def f(x):
    return ad.sum(ad.exp(A @ x)) + ad.prod(x)


def without():
    with OFF, ad.no_grad():
        return ad.tanh(Tensor(X)) * 2


def backward():
    x = Tensor(X)
    f(x).backward()
    return x.grad


WORK = {
    "grad": lambda: ad.grad(f)(X), "value_and_grad": lambda: ad.value_and_grad(f)(X)[1], "backward": backward,
    "vjp": lambda: ad.vjp(lambda x: A @ ad.sin(x), X)[1](np.ones(2))[0],
    "jvp": lambda: ad.jvp(lambda x: A @ ad.sin(x), (X,), (V,))[1], "hvp": lambda: ad.hvp(f, X, V),
    "jacobian": lambda: ad.jacobian(lambda x: A @ ad.tanh(x))(X), "hessian": lambda: ad.hessian(f)(X),
    "checkpoint": lambda: ad.grad(lambda x: ad.sum(ad.checkpoint(ad.tanh)(x * 2)))(X), "no_grad": without,
    "grad inside no_grad": lambda: [OFF.__enter__(), ad.grad(f)(X), OFF.__exit__()][1],
    "einsum": lambda: ad.grad(lambda x: ad.einsum("ij,j,j->", A, x, x))(X)}


def test_threads_at_once_get_what_one_gets_alone():
    alone = {name: work() for name, work in WORK.items()}
    threads, before = 8, sys.getswitchinterval()
    start = threading.Barrier(threads)

    def run(k):
        names = [*list(WORK)[k:], *list(WORK)[:k]]
        start.wait()
        return [(name, WORK[name]()) for _ in range(12) for name in names]

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            for results in pool.map(run, range(threads)):
                for name, got in results:
                    assert type(got) is not Tensor
                    np.testing.assert_array_equal(got, alone[name], err_msg=name)
    finally:
        sys.setswitchinterval(before)
    assert type(Tensor(1.0) * 2) is Tensor                    # nothing is left switched off


def test_no_grad_is_for_the_thread_that_enters_it():
    with ad.no_grad(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: type(Tensor(1.0) * 2)).result() is Tensor
        assert type(Tensor(1.0) * 2) is np.float64


def test_one_no_grad_may_be_shared_by_threads_that_leave_it_in_any_order():
    inside, leave = [threading.Event() for _ in range(2)], [threading.Event() for _ in range(2)]
    kinds = {}

    def run(k):
        with OFF:
            inside[k].set()
            leave[k].wait(30)
            kinds[k, "inside"] = type(Tensor(1.0) * 2)
        kinds[k, "after"] = type(Tensor(1.0) * 2)
    threads = [threading.Thread(target=run, args=(k,)) for k in range(2)]
    for k in (0, 1):
        threads[k].start()
        assert inside[k].wait(30)
    for k in (0, 1):                                          # first in, first out
        leave[k].set()
        threads[k].join()
    assert kinds == {(k, when): kind for k in (0, 1) for when, kind in (("inside", np.float64), ("after", Tensor))}


def test_gradients_that_threads_send_to_one_leaf_add_up():
    before = sys.getswitchinterval()
    x, threads, times = Tensor(np.ones(20_000)), 8, 50         # where numpy adds without the lock of Python

    def run(_):
        for _ in range(times):
            (x * 2).sum().backward()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, range(threads)))
    finally:
        sys.setswitchinterval(before)
    assert (x.grad == 2 * threads * times).all()


def test_asyncio_tasks_do_not_see_each_others_switches():
    async def work(name, k):
        with ad.no_grad():
            await asyncio.sleep(0.001 * (k % 3))
            assert type(Tensor(1.0) * 2) is np.float64
            result = WORK[name]()
            await asyncio.sleep(0.001 * (k % 2))
        assert type(Tensor(1.0) * 2) is Tensor
        return result

    async def watch():
        for _ in range(20):
            assert type(Tensor(1.0) * 2) is Tensor
            await asyncio.sleep(0.0005)

    names = [name for name in WORK if name != "backward"]            # which records nothing here

    async def together():
        return (await asyncio.gather(watch(), *(work(name, k) for k, name in enumerate(names))))[1:]
    for name, got in zip(names, asyncio.run(together()), strict=True):
        np.testing.assert_array_equal(got, WORK[name](), err_msg=name)


def test_a_task_begins_with_the_switch_of_the_one_that_makes_it():
    async def kind():
        return type(Tensor(1.0) * 2)

    async def both():
        with ad.no_grad():
            task = asyncio.create_task(kind())
        return await task, await kind()
    assert asyncio.run(both()) == (np.float64, Tensor)


@pytest.mark.parametrize("names", [["grad", "sum", "Tensor", "where", "checkpoint", "no_grad", "gradcheck", "Op"]])
def test_the_first_use_may_be_in_several_threads(names):
    code = f"""
import sys, threading, autodiff
sys.setswitchinterval(1e-6)
start, errors = threading.Barrier({len(names)}), []
def use(name):
    start.wait()
    try:
        getattr(autodiff, name)
    except BaseException as error:
        errors.append(f"{{name}}: {{error!r}}")
threads = [threading.Thread(target=use, args=(name,)) for name in {names!r}]
[t.start() for t in threads]
[t.join() for t in threads]
print(errors)
"""
    for _ in range(3):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        assert run.stdout == "[]\n", run.stderr
