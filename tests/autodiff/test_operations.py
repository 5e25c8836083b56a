"""Operations as things: how they are declared, what help() says of them, where they hang, that they can be pickled."""
import ast
import copy
import functools
import inspect
import math
import operator
import pickle
from pathlib import Path

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor, methods, rules, scalar, trace
from autodiff.methods import OPERATIONS, TABLE
from autodiff.tensor import NUMPY

FOLDER = Path(ad.__file__).parent
PUBLIC = {**{name: getattr(ad, name) for name in dir(ad)},
          **{f"scalar.{name}": getattr(scalar, name) for name in scalar.__all__},
          **{f"trace.{name}": getattr(trace, name) for name in trace.__all__}}
REDUCTIONS = {"sum", "mean", "prod", "max", "min", "var", "std", "cumsum"}
METHODS = {name: value for name, value in vars(Tensor).items() if name[0] != "_" and name not in Tensor.__slots__}

double = ad.Op("double", lambda x: x + x, lambda g, z, x: g + g)
other_name = ad.Op("nowhere", lambda x: x + x, lambda g, z, x: g + g)


# -- help ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", [*PUBLIC, *(f"Tensor.{name}" for name in METHODS)])
def test_help_says_a_sentence(name):
    value = METHODS[name[7:]] if name.startswith("Tensor.") else PUBLIC[name]
    said = inspect.getdoc(value).split("\n\n")[0]
    assert said.endswith(".") and len(said.split()) >= 3, said


def test_no_two_operations_say_the_same():
    said = [inspect.getdoc(f) for f in OPERATIONS.values()]
    assert len(set(said)) == len(said) > 60


# a value for every name of a parameter
SQUARE = np.array([[0.5, 0.25], [0.75, 0.125]])
GIVEN = {"x": SQUARE, "y": SQUARE, "w": SQUARE, "b": SQUARE[0], "axis": 0, "keepdims": True, "a_min": 0.3, "a_max": 0.6,
         "condition": SQUARE > 0.3, "indices": [0, 0], "arrays": [SQUARE, SQUARE], "indices_or_sections": 2, "reps": 2,
         "repeats": 2, "offset": 1, "axis1": 0, "axis2": 1, "k": 1, "axes": (1, 0), "subscripts": "ij,jk->ik",
         "operands": SQUARE, "logits": SQUARE, "labels": [1, 0], "shape": (4, 1), "source": 0, "destination": 1,
         "ddof": 1}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_signature_is_true(name):
    """An operation takes the arguments that its signature names, by name and by position, and no others."""
    operation = OPERATIONS[name]
    signature = inspect.signature(operation)
    given = {key: GIVEN[key] for key in signature.parameters}
    if name == "squeeze":
        given["x"] = SQUARE[None]
    if name == "broadcast_to":
        given["shape"] = (3, 2, 2)
    if name == "tensordot":
        given["axes"] = 1
    open_ended = [p.name for p in signature.parameters.values() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if name == "einsum":
        assert open_ended == ["operands"]
        operation(given["subscripts"], given["operands"], given["operands"])
        return
    assert open_ended == []
    bound = signature.bind(**given)
    np.testing.assert_array_equal(operation(**given), operation(*bound.args, **bound.kwargs))
    needed = {key: given[key] for key, p in signature.parameters.items() if p.default is p.empty}
    operation(**needed)
    for missing in needed:
        with pytest.raises(TypeError):
            operation(**{key: value for key, value in needed.items() if key != missing})
    with pytest.raises(TypeError):
        operation(**given, nonsense=1)


@pytest.mark.parametrize(("forward", "rule", "shown"), [
    (lambda v: v * 2, lambda g, z, v: g * 2, "(v, /)"),
    (lambda x: x * 2, lambda g, z, x: g * 2, "(x)"),
    (np.sin, lambda g, z, x: g * np.cos(x), "(x)"),
    (lambda v, by=2.0: v * by, lambda g, z, v, by: g * by, "(v, by=2.0)"),
    (lambda v, *, by=2.0: v * by, lambda g, z, v: g * 2, "(v, /)"),
    (lambda v, w=1, *, by=2.0: v * by, lambda g, z, v, w: g * 2, "(v, w=1)"),
    (functools.partial(lambda v, w, by: v * by, by=2.0), lambda g, z, v, w: g * 2, "(v, w, /)"),
    (round, lambda g, z, *x: g, "(number, ndigits=None, /)"),
    (lambda *xs: sum(xs), lambda g, z, *xs: g, "(*xs)"),
])
def test_the_signature_of_a_custom_operation(forward, rule, shown):
    assert str(inspect.signature(ad.Op("custom", forward, rule))) == shown


def test_a_custom_operation_has_a_docstring():
    def cube(x):
        """The cube of x."""
        return x ** 3
    assert ad.Op("cube", cube, lambda g, z, x: g * 3 * x ** 2).__doc__ == "The cube of x."
    assert ad.Op("cube", cube, lambda g, z, x: g * 3 * x ** 2, doc="Another.").__doc__ == "Another."


# -- rules that do not fit -------------------------------------------------------------------------------------------

class Scaled:
    """An object that is called, and a method of it: forwards without code, and with one argument more in it."""

    def __call__(self, x):
        return x * 2

    def times(self, x, by=2.0):
        return x * by


@pytest.mark.parametrize(("forward", "given", "words"), [
    (lambda x: x, [], "odd has no rule, and its forward function takes 1 argument"),
    (lambda x: x, [lambda g, z, x: g] * 2, "odd has 2 rules, and its forward function takes 1 argument:"),
    (np.sin, [lambda g, z, x: g] * 2, "odd has 2 rules, and its forward function takes 1 argument:"),
    (math.sqrt, [lambda g, z, x: g] * 2, "odd has 2 rules, and its forward function takes 1 argument:"),
    (lambda x, y: x, [lambda g, z, x, y: g, lambda g, z, x: g],
     "rule of odd for argument 1 takes 3 arguments, and it is given 4 arguments"),
    (lambda x: x, [lambda g, x: g], "rule of odd for argument 0 takes 2 arguments, and it is given 3 arguments"),
    (lambda x: x, [lambda g, z, x, y: g], "rule of odd for argument 0 takes 4 arguments, and it is given 3 arguments"),
    (lambda x, by=2: x, [lambda g, z, x: g], "rule of odd for argument 0 takes 3 arguments, and it is given 4"),
    (np.add, [lambda g, z, x: g], "takes 3 arguments, and it is given 4 arguments"),
    (operator.add, [lambda g, z, x: g], "takes 3 arguments, and it is given 4 arguments"),
    (functools.partial(operator.mul, 2), [lambda g, z, x, y: g], "takes 4 arguments, and it is given 3 arguments"),
    (Scaled(), [lambda g, z: g], "takes 2 arguments, and it is given 3 arguments"),
    (Scaled().times, [lambda g, z, x: g], "takes 3 arguments, and it is given 4 arguments"),
    (round, [lambda g, z: g], "takes 2 arguments, and it is given 3 to 4 arguments"),
    (lambda *xs: xs[0], [lambda g, z, x: g] * 2, "takes 3 arguments, and it is given 4 or more arguments"),
    (math.log, [lambda g: g], "takes 1 argument, and it is given 3 or more arguments"),
    (lambda x: x, [functools.partial(lambda k, g, z, x: g, 0, 1)], "takes 2 arguments, and it is given 3 arguments"),
])
def test_a_rule_that_does_not_fit_is_refused_where_it_is_declared(forward, given, words):
    with pytest.raises(TypeError, match=words):
        ad.Op("odd", forward, *given)


def test_a_rule_for_all_that_does_not_fit_is_refused():
    with pytest.raises(TypeError, match="rule `together` of odd takes 1 argument, and it is given 4 arguments"):
        ad.Op("odd", lambda x, y: x, together=lambda g: g)


def slope_2(g, z, x, *others):
    return g * 2


@pytest.mark.parametrize(("forward", "rule"), [
    (lambda x: x * 2, slope_2), (lambda x: x * 2, lambda g, z, x, k=2: g * k), (lambda x: x * 2, lambda *a: a[0] * 2),
    (lambda x, by=2.0: x * by, slope_2), (lambda x, *others: x * 2, slope_2), (lambda *xs: xs[0] * 2, slope_2),
    (lambda *xs: xs[0] * 2, lambda g, z, x: g * 2), (lambda x, **names: x * 2, slope_2),
    (lambda x, *, by=2.0: x * by, lambda g, z, x: g * 2), (Scaled(), slope_2), (Scaled(), lambda g, z, x: g * 2),
    (Scaled().times, slope_2), (functools.partial(operator.mul, 2.0), lambda g, z, x: g * 2),
    (functools.partial(lambda x, by: x * by, by=2.0), lambda g, z, x: g * 2), (np.vectorize(lambda x: x * 2), slope_2),
    (lambda x: x * 2, functools.partial(lambda k, g, z, x: g * k, 2.0)),
    (lambda x: x * 2, np.frompyfunc(lambda g, z, x: g * 2.0, 3, 1)),
])
def test_forwards_and_rules_of_every_kind(forward, rule):
    op = ad.Op("twice", forward, rule)
    x = Tensor(3.0)
    z = op(x)
    z.backward()
    assert z.data == 6 and x.grad == 2 and op(3.0) == 6


# -- operations of others: nothing is known of them -------------------------------------------------------------------

KEPT = np.full(3, 5.0)


@pytest.mark.parametrize("rule", [lambda g, z, x: g, lambda g, z, x: x, lambda g, z, x: z, lambda g, z, x: KEPT,
                                  lambda g, z, x: g[::1], lambda g, z, x: np.broadcast_to(5.0, (3,)),
                                  lambda g, z, x: x.reshape(1, 3)[0], lambda g, z, x: [5, 5, 5],
                                  lambda g, z, x: 5 + 0 * x])
@pytest.mark.parametrize("together", [False, True])
def test_a_rule_may_give_any_array_and_none_is_harmed(rule, together):
    rules = {"together": lambda *given: [rule(*given)]} if together else {}
    op = ad.Op("given", lambda x: x + 0, *([] if together else [rule]), **rules)
    r = rule(np.ones(3), np.full(3, 5.0), np.full(3, 5.0))[0]     # what it gives for an upstream gradient of ones
    for f, expected in [(op, r), (lambda x: op(x) + op(x) + x, 2 * r + 1), (lambda x: op(x * 1.0) + x * 1.0, r + 1),
                        (lambda x: op(op(x)), r), (lambda x: ad.add(op(x), 0.0), r)]:
        x, y = Tensor(np.full(3, 5.0)), Tensor(np.full(3, 5.0))
        (f(x) + f(y)).backward(np.ones(3))
        assert x.grad.tolist() == y.grad.tolist() == [expected] * 3
        x.grad += 1
        y.grad += 1
        assert x.grad.tolist() == [expected + 1] * 3
        assert x.data.tolist() == y.data.tolist() == KEPT.tolist() == [5, 5, 5]


@pytest.mark.parametrize("place", ["forward", "g", "z", "x"])
def test_what_would_write_into_its_arguments_is_stopped(place):
    double = lambda v: np.multiply(v, 2, out=v)
    op = ad.Op("writes", double if place == "forward" else lambda x: x + 0,
               lambda g, z, x: double({"g": g, "z": z, "x": x}[place]) if place != "forward" else g)
    x = Tensor(np.ones(3))
    with pytest.raises(ValueError, match="read-only"):
        (op(x) + x).sum().backward()
    assert x.data.tolist() == [1, 1, 1]


@pytest.mark.parametrize(("rule", "words"), [
    (lambda g, z, x: g * 1j, "rule of odd for argument 0 gave complex128"),
    (lambda g, z, x: "g", "rule of odd for argument 0 gave <U1"), (lambda g, z, x: {}, "argument 0 gave object"),
    (lambda g, z, x: None, "argument 0 gave None: it may lack a return")])
@pytest.mark.parametrize("x", [1.0, [1.0, 2.0]])
def test_a_rule_that_gives_no_real_numbers_is_named(rule, words, x):
    x = Tensor(x)
    for op in (ad.Op("odd", lambda x: x + 0, rule), ad.Op("odd", lambda x: x + 0, together=lambda *a: [rule(*a)])):
        with pytest.raises(TypeError, match=words):
            op(x).sum().backward()
    with pytest.raises(TypeError, match="argument 1 gave None"):
        ad.Op("short", lambda x, y: x * y, together=lambda g, z, x, y: [g * y])(x, x).sum().backward()


def test_a_rule_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match=r"rule of odd for argument 1 is 2\.0, where a function is needed"):
        ad.Op("odd", lambda x, y: x + 2 * y, lambda g, z, x, y: g, 2.0)


# -- pickle and copy -----------------------------------------------------------------------------------------------

def test_what_is_public_is_pickled_by_its_name():
    for f in PUBLIC.values():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(f, protocol)) is f


def test_rows_behind_operations_are_pickled_too():
    for op in (rules._where, rules._index, rules._astype, rules._softmax_cross_entropy):
        assert pickle.loads(pickle.dumps(op)) is op


def test_a_copy_of_an_operation_is_the_operation():
    for f in (*PUBLIC.values(), double):
        assert copy.copy(f) is f and copy.deepcopy({"f": f})["f"] is f


def test_a_custom_operation_is_pickled_where_its_name_leads_to_it():
    assert pickle.loads(pickle.dumps(double)) is double
    with pytest.raises(pickle.PicklingError, match=rf"nowhere.*{__name__}"):
        pickle.dumps(other_name)


# -- where operations hang -----------------------------------------------------------------------------------------

def test_numpys_function_of_the_same_name_is_answered():
    assert {name for name in OPERATIONS if hasattr(np, name) and getattr(np, name) not in NUMPY} == set()
    assert len(NUMPY) > 100


def test_every_place_is_filled_once():
    for column in (0, 1):
        places = [row[column] for row in TABLE if row[column]]
        twice = {name for name in places if places.count(name) > 1}
        assert twice == (set() if column == 0 else REDUCTIONS)       # these numpy calls in a way of its own


def declared():
    """The methods that type checkers see in Tensor beside those that it has of itself."""
    tensor = next(node for node in ast.parse((FOLDER / "tensor.py").read_text()).body
                  if isinstance(node, ast.ClassDef) and node.name == "Tensor")
    block = next(node for node in tensor.body if isinstance(node, ast.If))
    return {node.name: node for node in block.body if isinstance(node, ast.FunctionDef)}


def test_type_checkers_see_the_methods_that_there_are():
    assert set(declared()) == {name for name, _, _ in TABLE if name}


@pytest.mark.parametrize("name", [*sorted(REDUCTIONS), "clip", "ravel", "flatten", "swapaxes", "squeeze", "take",
                                  "repeat", "diagonal", "trace", "dot", "astype", "backward"])
def test_type_checkers_see_the_arguments_that_there_are(name):
    spelled = declared()[name].args
    real = list(inspect.signature(getattr(Tensor, name)).parameters.values())[1:]
    assert [a.arg for a in [*spelled.args[1:], *spelled.kwonlyargs]] == [p.name for p in real]
    defaults = [ast.literal_eval(d) for d in [*spelled.defaults, *spelled.kw_defaults]]
    assert defaults == [p.default for p in real if p.default is not p.empty]
    assert [a.arg for a in spelled.kwonlyargs] == [p.name for p in real if p.kind is p.KEYWORD_ONLY]


def test_what_is_public_is_annotated():
    """Rows of the table are bare, and what is made for inner use; all else says what it takes and gives."""
    checked = 0
    for path in FOLDER.glob("*.py"):
        if path.stem in ("methods", "parts", "rules"):        # nothing in them is called by a user
            continue
        for node in ast.parse(path.read_text()).body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            for f in inner:
                public = isinstance(f, ast.FunctionDef) and (f.name[0] != "_" or isinstance(node, ast.ClassDef))
                if not public or f.name == "_id" or f.name.endswith("_call") or node.name[0] == "_":
                    continue
                args = [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs, f.args.vararg, f.args.kwarg]
                bare = [a.arg for a in args[isinstance(node, ast.ClassDef):] if a and not a.annotation]
                assert not bare and f.returns, f"{path.name}: {f.name} {bare}"
                checked += 1
    assert checked > 80


# -- the text of the table -----------------------------------------------------------------------------------------

def test_the_text_of_a_rule_is_the_rule():
    """Each row is `name = Op("graph's name", forward, rule, …)`; the code of a lambda knows where its text stands."""
    rows = {node.targets[0].id: node.value.args for node in ast.parse(inspect.getsource(rules)).body
            if isinstance(node, ast.Assign) and ast.unparse(node.value.func) == "Op"}
    assert {name for name, f in OPERATIONS.items() if f.__module__ == rules.__name__} <= set(rows)
    lambdas = 0
    for name, (graph_name, forward, *texts) in rows.items():
        op = getattr(rules, name)
        primitive = next(cell.cell_contents for cell in op.__closure__
                         if type(cell.cell_contents).__name__ == "Primitive")
        assert primitive.name == graph_name.value and len(primitive.rules) == len(texts)
        for text, f in zip([forward, *texts], [primitive.forward, *primitive.rules], strict=True):
            if isinstance(text, ast.Lambda):
                lambdas += 1
                body = text.body
                place = body.lineno, body.end_lineno, body.col_offset, body.end_col_offset
                assert place in f.__code__.co_positions()
            else:
                assert eval(ast.unparse(text), vars(rules)) is f
    assert lambdas > 60


def test_the_public_operations_are_those_of_two_modules():
    assert {f.__module__ for f in OPERATIONS.values()} == {"autodiff.rules", "autodiff.composed"}
    assert methods.OPERATIONS["where"] is ad.where and "Op" not in OPERATIONS
