"""Small circuits, one gate at a time."""

import numpy as np

from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT, UPSTREAM_ADDED, UPSTREAM_DROPPED, WRAPPED, circuit_gradient_of, under


def with_and_without_upstream(n, example, points, edge_title, edge):
    """The checks of a circuit of n inputs: upstream 1, another upstream, and edge cases with fresh draws."""
    return (
        Check("the upstream gradient is 1", points / 2, lambda d: [example, *d.mirrored(n)]),
        Check("another upstream gradient", points / 4, lambda d: d.mirrored(n + 1)),
        Check(edge_title, points / 4, edge=True, draw=lambda d: [*edge(d), d.numbers(n + 1), d.numbers(n + 1)]),
    )


ITEMS = ("apple", "n_apple", "orange", "n_orange", "tax")
basket_gradients = circuit_gradient_of(
    lambda apple, n_apple, orange, n_orange, tax: (apple * n_apple + orange * n_orange) * tax,
    lambda value, grads: {name: float(grad) for name, grad in zip(ITEMS, grads, strict=True)})


def prices(d):
    return (d.positive(20, 90), d.positive(3, 9), d.positive(100, 200), d.positive(11, 19), d.positive(1.05, 1.4))


# ------------------------------------------------------------------------------------ circuit_backward

CIRCUIT = Exercise(
    "circuit_backward(x, y, z, df=1.0)", "dx, dy, dz", points=4,
    oracle=circuit_gradient_of(lambda x, y, z: (x + y) * z), upstream="df",
    checks=with_and_without_upstream(3, (-2.0, 5.0, -4.0), 4, "df of 2.5, fresh draws",
                                     lambda d: [(-2.0, 5.0, -4.0, 2.5)]),
    hints=("Which gate is the last one? What are its inputs called?",
           "First go back through f = q · z: that gives dq and dz. Then go through q = x + y.",
           "dq is df times z, and dz is df times q. The gate + copies dq to both of its inputs."),
    read='lesson 1, "one gate at a time"', difficulty=2, minutes=6,
)


@CIRCUIT.mistake(**under("df", UPSTREAM_DROPPED))
def circuit_backward(x, y, z, df=1.0):
    return z, z, x + y


@CIRCUIT.mistake(**under("df", UPSTREAM_ADDED))
def circuit_backward(x, y, z, df=1.0):
    return df + z, df + z, df + x + y


@CIRCUIT.mistake(code="G02", title="inputs not swapped",
                 says="At the gate ×, q got its own value and z got its own: the local gradient for one input is the "
                      "other.",
                 ask="If z is 0, can q move f?")
def circuit_backward(x, y, z, df=1.0):
    q = x + y
    return df * q, df * q, df * z


@CIRCUIT.mistake(code="B04", title="started with the output",
                 says="You started the backward pass with the value of f.",
                 ask="How much does f change when f changes by 1?")
def circuit_backward(x, y, z, df=1.0):
    q = x + y
    f = q * z
    return f * z, f * z, f * q


@CIRCUIT.mistake(code="B05", title="a path's slopes added",
                 says="On the way from f to x the two slopes were added. Along a path derivatives multiply.",
                 ask="If q moves f by z, and x moves q by 1, how much does x move f?")
def circuit_backward(x, y, z, df=1.0):
    dq = df * z
    return dq + 1, dq + 1, df * (x + y)


@CIRCUIT.mistake(code="G04", title="add splits",
                 says="Add copies the gradient, it does not share it out.",
                 ask="If x alone grows by 1, by how much does x + y grow?")
def circuit_backward(x, y, z, df=1.0):
    dq = df * z
    return dq / 2, dq / 2, df * (x + y)


@CIRCUIT.mistake(code="G05", title="one input is not paid",
                 says="x and y move the sum alike; y got nothing.",
                 ask="What happens to f when only y moves?")
def circuit_backward(x, y, z, df=1.0):
    return df * z, 0 * df, df * (x + y)


@CIRCUIT.mistake(code="B31", title="a gate on the path is skipped",
                 says="x and y got the upstream gradient of f, as if the gate × were not there.",
                 ask="What reaches q, before it is copied to x and y?")
def circuit_backward(x, y, z, df=1.0):
    return df, df, df * (x + y)


@CIRCUIT.mistake(code="G30", title="right for positive inputs only",
                 says="The signs of the inputs are lost.",
                 ask="Which way does f move with x when z is negative?")
def circuit_backward(x, y, z, df=1.0):
    return df * abs(z), df * abs(z), df * abs(x + y)


@CIRCUIT.mistake(**CONSTANT)
def circuit_backward(x, y, z, df=1.0):
    return -4.0, -4.0, 3.0


@CIRCUIT.mistake(code="X05", title="the results the other way round",
                 says="The values are right, but they come in another order.",
                 ask="In which order does the stub name them?")
def circuit_backward(x, y, z, df=1.0):
    return df * (x + y), df * z, df * z


@CIRCUIT.mistake(**WRAPPED)
def circuit_backward(x, y, z, df=1.0):
    return np.array([df * z]), np.array([df * z]), np.array([df * (x + y)])


@CIRCUIT.alternative(title="in one line")
def circuit_backward(x, y, z, df=1.0):
    return [z * df, z * df, (x + y) * df]


@CIRCUIT.alternative(title="an array")
def circuit_backward(x, y, z, df=1.0):
    return df * np.array([z, z, x + y])


@CIRCUIT.alternative(title="multiplied out")
def circuit_backward(x, y, z, df=1.0):
    return df * z, df * z, df * x + df * y


@CIRCUIT.alternative(title="central differences")
def circuit_backward(x, y, z, df=1.0):
    h, f = 1e-5, lambda x, y, z: (x + y) * z
    return (df * (f(x + h, y, z) - f(x - h, y, z)) / (2 * h), df * (f(x, y + h, z) - f(x, y - h, z)) / (2 * h),
            df * (f(x, y, z + h) - f(x, y, z - h)) / (2 * h))


# ------------------------------------------------------------------------------------ squared_sum_backward

SQUARED_SUM = Exercise(
    "squared_sum_backward(x, y, dz=1.0)", "dx, dy", points=2, oracle=circuit_gradient_of(lambda x, y: (x + y) ** 2),
    upstream="dz",
    checks=with_and_without_upstream(2, (-2.0, 5.0), 2, "other dz, y of 0", lambda d: [
        (-2.0, 5.0, 2.5), (d.number(), 0.0, d.number())]),
    hints=("Call the inner value t. What is dz/dt, and at which t?",
           "dz/dt is 2t at t = x + y. The inner slopes dt/dx and dt/dy are 1. Multiply along the path.",
           "Compute t. Then dt is the upstream gradient times 2t, and both inputs receive dt."),
    read='lesson 1, "through t"', difficulty=1, minutes=3,
)


@SQUARED_SUM.mistake(code="G19", title="the factor 2 is lost",
                     says="You passed on t itself.",
                     ask="What does the power rule bring down from t²?")
def squared_sum_backward(x, y, dz=1.0):
    dt = dz * (x + y)
    return dt, dt


@SQUARED_SUM.mistake(code="G20", title="t is lost",
                     says="The slope of t² depends on where you stand.",
                     ask="Is t² as steep at t = 3 as at t = 100?")
def squared_sum_backward(x, y, dz=1.0):
    return 2 * dz, 2 * dz


@SQUARED_SUM.mistake(code="G21", title="each at its own value",
                     says="The outer slope was taken at x and at y; the square stands at t = x + y.",
                     ask="Which number goes into the gate that squares?")
def squared_sum_backward(x, y, dz=1.0):
    return 2 * x * dz, 2 * y * dz


@SQUARED_SUM.mistake(**under("dz", UPSTREAM_DROPPED))
def squared_sum_backward(x, y, dz=1.0):
    return 2 * (x + y), 2 * (x + y)


@SQUARED_SUM.mistake(**under("dz", UPSTREAM_ADDED))
def squared_sum_backward(x, y, dz=1.0):
    return dz + 2 * (x + y), dz + 2 * (x + y)


@SQUARED_SUM.mistake(code="B04", title="started with the output",
                     says="You started the backward pass with the value of z.",
                     ask="How much does z change when z changes by 1?")
def squared_sum_backward(x, y, dz=1.0):
    z = (x + y)**2
    return 2 * (x + y) * z, 2 * (x + y) * z


@SQUARED_SUM.mistake(code="G05", title="one input is not paid",
                     says="x and y move t alike; y got nothing.",
                     ask="What happens to z when only y moves?")
def squared_sum_backward(x, y, dz=1.0):
    return dz * 2 * (x + y), 0.0


@SQUARED_SUM.mistake(code="G26", title="scaled by its own input",
                     says="The slope of t = x + y was taken for x and y themselves.",
                     ask="How much does x + y grow when x grows by 1?")
def squared_sum_backward(x, y, dz=1.0):
    return dz * 2 * (x + y) * x, dz * 2 * (x + y) * y


@SQUARED_SUM.mistake(code="G30", title="right for positive inputs only",
                     says="The sign of t is lost.",
                     ask="Does t² rise or fall at t = −3?")
def squared_sum_backward(x, y, dz=1.0):
    t = abs(x + y)
    return 2 * t * dz, 2 * t * dz


@SQUARED_SUM.mistake(code="G39", title="the forward pass",
                     says="That is the value z, not its slope.",
                     ask="What is d(t²)/dt at t = 3?")
def squared_sum_backward(x, y, dz=1.0):
    z = (x + y)**2
    return dz * z, dz * z


@SQUARED_SUM.mistake(**CONSTANT)
def squared_sum_backward(x, y, dz=1.0):
    return 6.0, 6.0


@SQUARED_SUM.alternative(title="multiplied out")
def squared_sum_backward(x, y, dz=1.0):
    return dz * (2 * x + 2 * y), dz * (2 * y + 2 * x)


@SQUARED_SUM.alternative(title="t twice, as a fork")
def squared_sum_backward(x, y, dz=1.0):
    t = x + y
    dt = dz * t
    dt += dz * t
    return [dt, dt]


@SQUARED_SUM.alternative(title="the complex step")
def squared_sum_backward(x, y, dz=1.0):
    h = 1e-30
    return dz * np.imag((x + 1j * h + y)**2) / h, dz * np.imag((x + y + 1j * h)**2) / h


# ------------------------------------------------------------------------------------ purchase_backward

PURCHASE = Exercise(
    "purchase_backward(price, count, tax, dtotal=1.0)", "dprice, dcount, dtax", points=2,
    oracle=circuit_gradient_of(lambda price, count, tax: price * count * tax), upstream="dtotal",
    checks=with_and_without_upstream(3, (100.0, 2.0, 1.1), 2, "dtotal of 3, a discount", lambda d: [
        (100.0, 2.0, 1.1, 3.0), (80.0, 3.0, 0.9), (d.positive(20, 90), d.positive(3, 9), 0.75, d.number())]),
    outside={name: {"zero": "whoever divides the total by it is right, but there"}
             for name in ("price", "count", "tax")},
    hints=("Two gates × stand in a row. Which one is the last?",
           "First through total = goods · tax, which gives dgoods and dtax. Then through goods = price · count.",
           "dgoods is the upstream gradient times the tax. dprice is dgoods times the count. And so on."),
    read='lesson 1, "the shop"', difficulty=1, minutes=4,
)


@PURCHASE.mistake(**under("dtotal", UPSTREAM_DROPPED))
def purchase_backward(price, count, tax, dtotal=1.0):
    return count * tax, price * tax, price * count


@PURCHASE.mistake(**under("dtotal", UPSTREAM_ADDED))
def purchase_backward(price, count, tax, dtotal=1.0):
    return dtotal + count * tax, dtotal + price * tax, dtotal + price * count


@PURCHASE.mistake(code="G02", title="inputs not swapped",
                  says="Price and count got their own values: the local gradient for one factor is made of the others.",
                  ask="If you buy no apples, does their price matter?")
def purchase_backward(price, count, tax, dtotal=1.0):
    return dtotal * price * tax, dtotal * count * tax, dtotal * price * count


@PURCHASE.mistake(code="B05", title="a path's slopes added",
                  says="On the way back through two gates × the slopes were added. Along a path derivatives multiply.",
                  ask="When an apple costs 1 more, how much more do you pay before tax, and how much after?")
def purchase_backward(price, count, tax, dtotal=1.0):
    return dtotal * (count + tax), dtotal * (price + tax), dtotal * price * count


@PURCHASE.mistake(code="B31", title="a gate on the path is skipped",
                  says="The tax gate stands between the total and the price, but its slope is missing.",
                  ask="What reaches the sum before tax when 1 comes in from above?")
def purchase_backward(price, count, tax, dtotal=1.0):
    return dtotal * count, dtotal * price, dtotal * price * count


@PURCHASE.mistake(code="G29", title="the total in every result",
                  says="Each result holds all three factors.",
                  ask="How much does the total grow when the price grows by 1?")
def purchase_backward(price, count, tax, dtotal=1.0):
    total = dtotal * price * count * tax
    return total, total, total


@PURCHASE.mistake(code="B04", title="started with the output",
                  says="You started the backward pass with the total.",
                  ask="How much does the total change when it changes by 1?")
def purchase_backward(price, count, tax, dtotal=1.0):
    t = price * count * tax
    return t * count * tax, t * price * tax, t * price * count


@PURCHASE.mistake(code="G61", title="tax as a percentage",
                  says="Here tax is a factor such as 1.1, not a rate such as 0.1.",
                  ask="What is 100 times the factor 1.1?")
def purchase_backward(price, count, tax, dtotal=1.0):
    return dtotal * count * (1 + tax), dtotal * price * (1 + tax), dtotal * price * count


@PURCHASE.mistake(code="G30", title="right for a tax above 1 only",
                  says="A factor below 1 is a discount, and works alike.",
                  ask="When an apple costs 1 more, how much more do you pay at a factor of 0.9?")
def purchase_backward(price, count, tax, dtotal=1.0):
    tax = max(tax, 1.0)
    return dtotal * count * tax, dtotal * price * tax, dtotal * price * count


@PURCHASE.mistake(**CONSTANT)
def purchase_backward(price, count, tax, dtotal=1.0):
    return 2.2, 110.0, 200.0


@PURCHASE.mistake(code="X05", title="the results the other way round",
                  says="The values are right, but they come in another order.",
                  ask="In which order does the stub name them?")
def purchase_backward(price, count, tax, dtotal=1.0):
    return dtotal * price * count, dtotal * price * tax, dtotal * count * tax


@PURCHASE.alternative(title="by the total")
def purchase_backward(price, count, tax, dtotal=1.0):
    total = price * count * tax * dtotal
    return total / price, total / count, total / tax


@PURCHASE.alternative(title="an array")
def purchase_backward(price, count, tax, dtotal=1.0):
    return dtotal * np.array([count * tax, price * tax, price * count])


@PURCHASE.alternative(title="the other order of gates")
def purchase_backward(price, count, tax, dtotal=1.0):
    dprice, dtaxed = dtotal * count * tax, dtotal * price
    return [dprice, dtaxed * tax, dtaxed * count]


# ------------------------------------------------------------------------------------ basket_backward

BASKET = Exercise(
    "basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0)", "grads", points=2, oracle=basket_gradients,
    upstream="dtotal",
    checks=(
        Check("the worked example", 0.5, lambda d: [(100.0, 2.0, 150.0, 3.0, 1.1)]),
        Check("other prices, another dtotal", 1, lambda d: [
            prices(d), (*prices(d), d.number()), (*prices(d), d.number())]),
        Check("fresh draws of either sign", 0.5, edge=True, draw=lambda d: [d.numbers(6) for _ in range(4)]),
    ),
    hints=("Draw the graph: two gates ×, one gate +, one gate × for the tax. Which is the last?",
           "Go back gate by gate: × by the tax, then + (which copies), then the two ×.",
           "Let g be the upstream gradient times the tax: it reaches both fruits. The entry for the price of an "
           "apple is g times the number of apples. And so on."),
    read='lesson 1, "the shop"', difficulty=2, minutes=6,
)


@BASKET.mistake(code="G01", title="upstream dropped",
                says="The gradients do not depend on dtotal.",
                ask="What should reach the price if dtotal were 0?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": n_apple * tax, "n_apple": apple * tax, "orange": n_orange * tax, "n_orange": orange * tax,
            "tax": apple * n_apple + orange * n_orange}


@BASKET.mistake(code="G02", title="inputs not swapped",
                says="Prices and numbers got their own values: the local gradient for one factor is the other.",
                ask="If you buy no apples, does their price matter?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": dtotal * apple * tax, "n_apple": dtotal * n_apple * tax, "orange": dtotal * orange * tax,
            "n_orange": dtotal * n_orange * tax, "tax": dtotal * (apple * n_apple + orange * n_orange)}


@BASKET.mistake(code="G04", title="add splits",
                says="Where apples and oranges are added, the gradient was shared out; add copies it.",
                ask="If the apples alone cost 1 more, by how much does the sum grow?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": dtotal * n_apple * tax / 2, "n_apple": dtotal * apple * tax / 2,
            "orange": dtotal * n_orange * tax / 2, "n_orange": dtotal * orange * tax / 2,
            "tax": dtotal * (apple * n_apple + orange * n_orange)}


@BASKET.mistake(code="B01", title="the tax got one path only",
                says="The tax is paid on the apples and on the oranges; you kept only one of the two.",
                ask="What is added up where several paths meet?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": dtotal * n_apple * tax, "n_apple": dtotal * apple * tax, "orange": dtotal * n_orange * tax,
            "n_orange": dtotal * orange * tax, "tax": dtotal * orange * n_orange}


@BASKET.mistake(code="B31", title="a gate on the path is skipped",
                says="The tax gate stands between the total and the goods, but its slope is missing.",
                ask="What reaches the sum before tax when 1 comes in from above?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": dtotal * n_apple, "n_apple": dtotal * apple, "orange": dtotal * n_orange,
            "n_orange": dtotal * orange, "tax": dtotal * (apple * n_apple + orange * n_orange)}


@BASKET.mistake(code="B05", title="a path's slopes added",
                says="On the way back through two gates × the slopes were added. Along a path derivatives multiply.",
                ask="When an apple costs 1 more, how much more do you pay before tax, and how much after?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": dtotal * (n_apple + tax), "n_apple": dtotal * (apple + tax), "orange": dtotal * (n_orange + tax),
            "n_orange": dtotal * (orange + tax), "tax": dtotal * (apple * n_apple + orange * n_orange)}


@BASKET.mistake(code="B04", title="started with the output",
                says="You started the backward pass with the total.",
                ask="How much does the total change when it changes by 1?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    dtotal = (apple * n_apple + orange * n_orange) * tax
    return {"apple": dtotal * n_apple * tax, "n_apple": dtotal * apple * tax, "orange": dtotal * n_orange * tax,
            "n_orange": dtotal * orange * tax, "tax": dtotal * (apple * n_apple + orange * n_orange)}


@BASKET.mistake(code="G36", title="apples and oranges mixed up",
                says="The apples got the gradients of the oranges, and the other way round.",
                ask="With which number is the price of an apple multiplied?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": dtotal * n_orange * tax, "n_apple": dtotal * orange * tax, "orange": dtotal * n_apple * tax,
            "n_orange": dtotal * apple * tax, "tax": dtotal * (apple * n_apple + orange * n_orange)}


@BASKET.mistake(code="X31", title="an entry is missing",
                says="The dict has no entry for the tax.",
                ask="Does the total move when the tax does?")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": dtotal * n_apple * tax, "n_apple": dtotal * apple * tax, "orange": dtotal * n_orange * tax,
            "n_orange": dtotal * orange * tax}


@BASKET.mistake(**CONSTANT)
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    return {"apple": 2.2, "n_apple": 110.0, "orange": 3.3, "n_orange": 165.0, "tax": 650.0}


@BASKET.alternative(title="gate by gate")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    goods = apple * n_apple + orange * n_orange
    dgoods, dtax = dtotal * tax, dtotal * goods
    dapples, doranges = dgoods, dgoods
    return dict(apple=dapples * n_apple, n_apple=dapples * apple, orange=doranges * n_orange,
                n_orange=doranges * orange, tax=dtax)


@BASKET.alternative(title="another order of the keys")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    t = dtotal * tax
    return {"tax": dtotal * (orange * n_orange + n_apple * apple), "n_orange": t * orange, "orange": t * n_orange,
            "n_apple": t * apple, "apple": t * n_apple}


@BASKET.alternative(title="arrays without axes")
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    g = np.array(dtotal * tax)
    return {"apple": g * n_apple, "n_apple": g * apple, "orange": g * n_orange, "n_orange": g * orange,
            "tax": np.array(dtotal * (apple * n_apple + orange * n_orange))}
