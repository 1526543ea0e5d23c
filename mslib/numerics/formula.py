"""Formulas in Python syntax, read into a safe subset: checked, differentiated, bounded, and turned into source."""

import ast
import math
from functools import lru_cache, reduce

CALLS = {"exp": 1, "log": 1, "log10": 1, "sqrt": 1, "abs": 1, "floor": 1, "ceil": 1, "sin": 1, "cos": 1, "tanh": 1}
WORDS = frozenset([*CALLS, "pow", "min", "max", "piecewise", "pi", "t", "True", "False"])
CONSTANTS = {"pi": math.pi, "True": True, "False": False}
ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
ORDERS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
SIZE_LIMIT = 100_000


class _Reader(ast.NodeTransformer):
    """Checks every node of a formula, and rewrites pow, piecewise and several arguments in simpler ones."""

    def __init__(self, text):
        self.text = text

    def refuse(self, node):
        raise ValueError(
            f"formula {self.text!r}: {ast.unparse(node)!r} is not allowed; use numbers, names, + - * / **, "
            f"comparisons, and, or, not, 'a if c else b', and {', '.join(sorted(WORDS - {'t', 'True', 'False'}))}"
        )

    def visit(self, node):
        kinds = (ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Call)
        if not isinstance(node, kinds):
            self.refuse(node)
        return getattr(self, f"read_{type(node).__name__}")(node)

    def read_Constant(self, node):
        if type(node.value) not in (int, float, bool) or not math.isfinite(node.value):
            self.refuse(node)
        return node

    def read_Name(self, node):
        return ast.Constant(CONSTANTS[node.id]) if node.id in CONSTANTS else node

    def read_BinOp(self, node):
        if type(node.op) not in ARITHMETIC:
            self.refuse(node)
        return ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))

    def read_UnaryOp(self, node):
        if not isinstance(node.op, ast.UAdd | ast.USub | ast.Not):
            self.refuse(node)
        inner = self.visit(node.operand)
        return inner if isinstance(node.op, ast.UAdd) else ast.UnaryOp(node.op, inner)

    def read_Compare(self, node):
        if any(type(op) not in ORDERS for op in node.ops):
            self.refuse(node)
        sides = [self.visit(side) for side in (node.left, *node.comparators)]
        pairs = [
            ast.Compare(left, [op], [right]) for left, op, right in zip(sides[:-1], node.ops, sides[1:], strict=True)
        ]
        return pairs[0] if len(pairs) == 1 else ast.BoolOp(ast.And(), pairs)

    def read_BoolOp(self, node):
        return ast.BoolOp(node.op, [self.visit(value) for value in node.values])

    def read_IfExp(self, node):
        return ast.IfExp(self.visit(node.test), self.visit(node.body), self.visit(node.orelse))

    def read_Call(self, node):
        name = getattr(node.func, "id", None)
        values = [self.visit(argument) for argument in node.args]
        if node.keywords or name not in WORDS or (name in CALLS and len(values) != CALLS[name]) or not values:
            self.refuse(node)
        if name == "pow" and len(values) == 2:
            return ast.BinOp(values[0], ast.Pow(), values[1])
        if name == "piecewise" and len(values) % 2:
            pairs = list(zip(values[:-1:2], values[1::2], strict=True))
            return reduce(lambda rest, pair: ast.IfExp(pair[1], pair[0], rest), reversed(pairs), values[-1])
        if name in ("min", "max"):
            return reduce(lambda a, b: ast.Call(ast.Name(name), [a, b], []), values)
        if name not in CALLS:
            self.refuse(node)
        return ast.Call(ast.Name(name), values, [])


@lru_cache(maxsize=4096)
def parse(text):
    """Read a formula and check that it stays within the safe subset.

    Parameters
    ----------
    text : str or float
        A formula in Python syntax: numbers, names, ``+ - * / **``, comparisons, ``and or not``,
        ``a if c else b``, ``piecewise(a, c, …, otherwise)``, and the functions exp, log, log10, sqrt, abs, floor,
        ceil, sin, cos, tanh, pow, min, max.

    Returns
    -------
    ast.expr
        The formula with pow, piecewise and chained comparisons rewritten; it is never executed as it is.

    Raises
    ------
    ValueError
        If the formula cannot be read or holds something else.

    Examples
    --------
    >>> ast.unparse(parse("piecewise(k, 0 < t < 5, 2*k) * pow(n, 2)"))
    '(k if 0 < t and t < 5 else 2 * k) * n ** 2'
    """
    text = str(text)
    try:
        tree = ast.parse(text.strip(), mode="eval").body if len(text) < SIZE_LIMIT else None
        found = _Reader(text).visit(tree)
    except (SyntaxError, RecursionError, MemoryError, AttributeError, TypeError) as error:
        raise ValueError(f"formula {text[:200]!r} cannot be read: use Python syntax, as in 'k*A/(K + A)'") from error
    return ast.fix_missing_locations(found)


def names(tree):
    """Return the names that a formula uses, functions left out.

    Parameters
    ----------
    tree : ast.expr
        The formula.

    Returns
    -------
    set of str
        Names.

    Examples
    --------
    >>> sorted(names(parse("exp(-k*t) * A")))
    ['A', 'k', 't']
    """
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


class _Substitution(ast.NodeTransformer):
    def __init__(self, by_name):
        self.by_name = by_name

    def visit_Call(self, node):
        return ast.Call(node.func, [self.visit(value) for value in node.args], [])

    def visit_Name(self, node):
        return self.by_name.get(node.id, node)


def substitute(tree, by_name):
    """Return a formula with names replaced by other formulas.

    Parameters
    ----------
    tree : ast.expr
        The formula.
    by_name : dict of str to ast.expr
        What stands for each name.

    Returns
    -------
    ast.expr
        The new formula; the old one is unchanged.

    Examples
    --------
    >>> ast.unparse(substitute(parse("2*y"), {"y": parse("A + B")}))
    '2 * (A + B)'
    """
    return _Substitution(by_name).visit(_copied(tree))


def _copied(tree):
    return ast.parse(ast.unparse(tree), mode="eval").body


def number(value):
    """Return a number as a formula.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    ast.expr
        The formula.

    Examples
    --------
    >>> ast.unparse(number(2))
    '2'
    """
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _value(tree):
    return tree.value if isinstance(tree, ast.Constant) else None


def add(a, b):
    """Return the sum of two formulas, zeros left out.

    Parameters
    ----------
    a, b : ast.expr
        Formulas.

    Returns
    -------
    ast.expr
        Their sum.

    Examples
    --------
    >>> ast.unparse(add(number(0), parse("k")))
    'k'
    """
    if _value(a) == 0 or _value(b) == 0:
        return b if _value(a) == 0 else a
    return ast.BinOp(a, ast.Add(), b)


def subtract(a, b):
    """Return the difference of two formulas, zeros left out.

    Parameters
    ----------
    a, b : ast.expr
        Formulas.

    Returns
    -------
    ast.expr
        Their difference.

    Examples
    --------
    >>> ast.unparse(subtract(number(0), parse("k")))
    '-k'
    """
    if _value(b) == 0:
        return a
    return ast.UnaryOp(ast.USub(), b) if _value(a) == 0 else ast.BinOp(a, ast.Sub(), b)


def multiply(a, b):
    """Return the product of two formulas, zeros and ones left out.

    Parameters
    ----------
    a, b : ast.expr
        Formulas.

    Returns
    -------
    ast.expr
        Their product.

    Examples
    --------
    >>> ast.unparse(multiply(number(1), parse("k")))
    'k'
    """
    for one, other in ((a, b), (b, a)):
        if _value(one) == 0:
            return ast.Constant(0)
        if _value(one) == 1:
            return other
    return ast.BinOp(a, ast.Mult(), b)


def divide(a, b):
    """Return the quotient of two formulas.

    Parameters
    ----------
    a, b : ast.expr
        Formulas.

    Returns
    -------
    ast.expr
        Their quotient.

    Examples
    --------
    >>> ast.unparse(divide(number(0), parse("k")))
    '0'
    """
    return a if _value(a) == 0 or _value(b) == 1 else ast.BinOp(a, ast.Div(), b)


def power(a, b):
    """Return a formula raised to another, with the powers zero and one left out.

    Parameters
    ----------
    a, b : ast.expr
        Formulas.

    Returns
    -------
    ast.expr
        The power.

    Examples
    --------
    >>> ast.unparse(power(parse("n"), number(1)))
    'n'
    """
    if _value(b) in (0, 1):
        return ast.Constant(1) if _value(b) == 0 else a
    return ast.BinOp(a, ast.Pow(), b)


def call(name, *values):
    """Return a function of formulas.

    Parameters
    ----------
    name : str
        Name of the function.
    *values : ast.expr
        Its arguments.

    Returns
    -------
    ast.expr
        The formula.

    Examples
    --------
    >>> ast.unparse(call("exp", parse("k")))
    'exp(k)'
    """
    return ast.Call(ast.Name(name), list(values), [])


SLOPES = {
    "exp": lambda u: call("exp", u),
    "log": lambda u: divide(number(1), u),
    "log10": lambda u: divide(number(1 / math.log(10.0)), u),
    "sqrt": lambda u: divide(number(0.5), call("sqrt", u)),
    "sin": lambda u: call("cos", u),
    "cos": lambda u: subtract(number(0), call("sin", u)),
    "tanh": lambda u: subtract(number(1), power(call("tanh", u), number(2))),
    "abs": lambda u: ast.IfExp(ast.Compare(u, [ast.GtE()], [number(0)]), number(1), number(-1)),
    "floor": lambda u: number(0),
    "ceil": lambda u: number(0),
}


def derivative(tree, name):
    """Return the exact derivative of a formula; where it has a corner or a jump, that of the branch taken.

    Parameters
    ----------
    tree : ast.expr
        The formula.
    name : str
        The name with respect to which to differentiate.

    Returns
    -------
    ast.expr
        The derivative.

    Raises
    ------
    ValueError
        If the formula is a condition.

    Examples
    --------
    >>> ast.unparse(derivative(parse("k*n/(K + n)"), "n"))
    '(k * (K + n) - k * n) / (K + n) ** 2'
    """
    if name not in names(tree):
        return ast.Constant(0)
    if isinstance(tree, ast.Name):
        return ast.Constant(1)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return subtract(number(0), derivative(tree.operand, name))
    if isinstance(tree, ast.IfExp):
        branches = derivative(tree.body, name), derivative(tree.orelse, name)
        both_zero = all(_value(branch) == 0 for branch in branches)
        return ast.Constant(0) if both_zero else ast.IfExp(tree.test, *branches)
    if isinstance(tree, ast.Call):
        return _derivative_of_call(tree, name)
    if isinstance(tree, ast.BinOp):
        return _derivative_of_operation(tree, name)
    raise ValueError(f"the condition {ast.unparse(tree)!r} has no derivative with respect to {name!r}")


def _derivative_of_call(tree, name):
    if tree.func.id in ("min", "max"):
        first, second = tree.args
        op = ast.LtE() if tree.func.id == "min" else ast.GtE()
        return ast.IfExp(ast.Compare(first, [op], [second]), derivative(first, name), derivative(second, name))
    (inner,) = tree.args
    return multiply(SLOPES[tree.func.id](inner), derivative(inner, name))


def _derivative_of_operation(tree, name):
    a, b = tree.left, tree.right
    da, db = derivative(a, name), derivative(b, name)
    if isinstance(tree.op, ast.Add | ast.Sub):
        return (add if isinstance(tree.op, ast.Add) else subtract)(da, db)
    if isinstance(tree.op, ast.Mult):
        return add(multiply(da, b), multiply(a, db))
    if isinstance(tree.op, ast.Div):
        if _value(db) == 0:
            return divide(da, b)
        return divide(subtract(multiply(da, b), multiply(a, db)), power(b, number(2)))
    if _value(db) == 0:
        less = number(_value(b) - 1) if _value(b) is not None else subtract(b, number(1))
        return multiply(multiply(b, power(a, less)), da)
    grown = multiply(call("log", a), db)
    return multiply(tree, grown if _value(da) == 0 else add(grown, divide(multiply(b, da), a)))


def is_linear(tree, variables):
    """Say whether a formula is linear (with a constant) in some names, by its second derivatives.

    Parameters
    ----------
    tree : ast.expr
        The formula.
    variables : iterable of str
        Names of the variables.

    Returns
    -------
    bool
        False also where linearity cannot be seen without simplifying.

    Examples
    --------
    >>> is_linear(parse("a + b*x"), ["x"]), is_linear(parse("x*y"), ["x", "y"])
    (True, False)
    """
    variables = set(variables)
    conditions = [node.test for node in ast.walk(tree) if isinstance(node, ast.IfExp)]
    if any(names(condition) & variables for condition in conditions):
        return False
    if any(
        isinstance(n, ast.Call) and n.func.id in ("abs", "floor", "ceil") and names(n) & variables
        for n in ast.walk(tree)
    ):
        return False
    return all(not names(derivative(tree, name)) & variables for name in names(tree) & variables)


VECTOR = {
    "min": "minimum",
    "max": "maximum",
    "abs": "absolute",
}


def source(tree, place, vectorised):
    """Return Python source of a formula for scalars (to be compiled) or for arrays.

    Parameters
    ----------
    tree : ast.expr
        The formula.
    place : dict of str to str
        Source that stands for each name.
    vectorised : bool
        Whether to use NumPy's functions of whole arrays.

    Returns
    -------
    str
        Source.

    Raises
    ------
    KeyError
        If a name has no place.

    Examples
    --------
    >>> source(parse("min(A, 3) if A > k else 0"), {"A": "n[0]", "k": "p[1]"}, vectorised=True)
    'where((n[0] > p[1]), minimum(n[0], 3.0), 0.0)'
    """

    def write(node):
        if isinstance(node, ast.Constant):
            return repr(node.value) if isinstance(node.value, bool) else repr(float(node.value))
        if isinstance(node, ast.Name):
            return place[node.id]
        if isinstance(node, ast.BinOp):
            exponent = _value(node.right)
            if isinstance(node.op, ast.Pow) and exponent in (2, 3):
                return "(" + "*".join([write(node.left)] * int(exponent)) + ")"
            right = repr(int(exponent)) if isinstance(node.op, ast.Pow) and exponent == 4 else write(node.right)
            return f"({write(node.left)} {ARITHMETIC[type(node.op)]} {right})"
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                return f"logical_not({write(node.operand)})" if vectorised else f"(not {write(node.operand)})"
            return f"(-{write(node.operand)})"
        if isinstance(node, ast.Compare):
            return f"({write(node.left)} {ORDERS[type(node.ops[0])]} {write(node.comparators[0])})"
        if isinstance(node, ast.BoolOp):
            word = "and" if isinstance(node.op, ast.And) else "or"
            values = [write(value) for value in node.values]
            if vectorised:
                return reduce(lambda a, b: f"logical_{word}({a}, {b})", values)
            return "(" + f" {word} ".join(values) + ")"
        if isinstance(node, ast.IfExp):
            test, body, other = write(node.test), write(node.body), write(node.orelse)
            return f"where({test}, {body}, {other})" if vectorised else f"({body} if {test} else {other})"
        name = VECTOR.get(node.func.id, node.func.id) if vectorised else node.func.id
        return f"{name}({', '.join(write(value) for value in node.args)})"

    return write(tree)


OPERATIONS = {ast.Add: "i_add", ast.Sub: "i_sub", ast.Mult: "i_mul", ast.Div: "i_div", ast.Pow: "i_pow"}


def interval_source(tree, place, vectorised):
    """Return source of a pair of bounds of a formula while the time runs through the pair ``T``.

    Parameters
    ----------
    tree : ast.expr
        The formula; its conditions must not change within the time.
    place : dict of str to str
        Source that stands for each name.
    vectorised : bool
        Whether to use NumPy's functions of whole arrays.

    Returns
    -------
    str
        Source.

    Examples
    --------
    >>> interval_source(parse("k*exp(-t)"), {"k": "p[0]", "t": "t"}, vectorised=False)
    'i_mul((p[0], p[0]), i_exp(i_neg(T)))'
    """

    def write(node):
        if "t" not in names(node):
            text = source(node, place, vectorised)
            return f"({text}, {text})"
        if isinstance(node, ast.Name):
            return "T"
        if isinstance(node, ast.BinOp):
            return f"{OPERATIONS[type(node.op)]}({write(node.left)}, {write(node.right)})"
        if isinstance(node, ast.UnaryOp):
            return f"i_neg({write(node.operand)})"
        if isinstance(node, ast.IfExp):
            test, body, other = source(node.test, place, vectorised), write(node.body), write(node.orelse)
            return f"i_where({test}, {body}, {other})" if vectorised else f"({body} if {test} else {other})"
        return f"i_{node.func.id}({', '.join(write(value) for value in node.args)})"

    return write(tree)


def crossings(tree, fixed):
    """Return the times at which conditions of a formula that compare the time ``t`` change.

    Parameters
    ----------
    tree : ast.expr
        The formula.
    fixed : set of str
        Names whose values do not change, such as parameters.

    Returns
    -------
    list of ast.expr
        Formulas of the times.

    Raises
    ------
    ValueError
        If a condition compares the time with what changes, or not linearly.

    Examples
    --------
    >>> [ast.unparse(time) for time in crossings(parse("k if 2*t < T0 else 0"), {"T0", "k"})]
    ['-(2 * 0 - T0) / 2']
    """
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and "t" in names(node):
            gap = subtract(node.left, node.comparators[0])
            slope = derivative(gap, "t")
            if not names(gap) <= fixed | {"t"} or "t" in names(slope) or isinstance(node.ops[0], ast.Eq | ast.NotEq):
                raise ValueError(f"condition {ast.unparse(node)!r}: compare t by <, <=, > or >= with what is fixed")
            found.append(divide(ast.UnaryOp(ast.USub(), substitute(gap, {"t": ast.Constant(0)})), slope))
    return found


def depends_smoothly_on_time(tree):
    """Say whether a formula depends on the time ``t`` in other ways than through conditions.

    Parameters
    ----------
    tree : ast.expr
        The formula.

    Returns
    -------
    bool
        Whether it changes between the `crossings`.

    Examples
    --------
    >>> depends_smoothly_on_time(parse("1 if t < 3 else 2")), depends_smoothly_on_time(parse("exp(-t)"))
    (False, True)
    """
    if isinstance(tree, ast.Compare):
        return False
    if isinstance(tree, ast.Name):
        return tree.id == "t"
    return any(depends_smoothly_on_time(node) for node in ast.iter_child_nodes(tree) if isinstance(node, ast.expr))
