"""Diffusion–reaction fields beside py-pde and C: two-dimensional stencils, splitting, a front, a steady gradient."""

import ctypes
import functools
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from mslib.numerics.evolve import evolve
from mslib.numerics.fields import Diffusion, steady
from mslib.numerics.grids import Grid, Held
from mslib.numerics.stencils import Stencil

from .kernels import ratio, seconds

SIDE, SPACING = 256, 0.25
TISSUE = (8.0, 0.15, 0.002, 0.2, 0.3)
SOUP = (0.035, 0.065)
STEPS = 300
C_SOURCE = """
#define LOOP for (int i = 1; i <= n; i++) for (int j = 1; j <= n; j++)
static void wrap(double *u, int n, int periodic) {
  int m = n + 2;
  for (int j = 0; j < m; j++) {
    u[j] = u[(periodic ? n : 1) * m + j]; u[(n + 1) * m + j] = u[(periodic ? 1 : n) * m + j];
  }
  for (int i = 0; i < m; i++) {
    u[i * m] = u[i * m + (periodic ? n : 1)]; u[i * m + n + 1] = u[i * m + (periodic ? 1 : n)];
  }
}
void soup(double *restrict u, double *restrict v, double *restrict u2, double *restrict v2, int n, int steps,
          double dt, double wu, double wv, double F, double k) {
  for (int s = 0; s < steps; s++) {
    wrap(u, n, 1); wrap(v, n, 1);
    int m = n + 2;
    LOOP {
      int c = i * m + j;
      double a = u[c], b = v[c], r = a * b * b;
      u2[c] = a + dt * (F * (1 - a) - r) + wu * (u[c - m] + u[c + m] + u[c - 1] + u[c + 1] - 4 * a);
      v2[c] = b + dt * (r - (F + k) * b) + wv * (v[c - m] + v[c + m] + v[c - 1] + v[c + 1] - 4 * b);
    }
    double *t = u; u = u2; u2 = t; t = v; v = v2; v2 = t;
  }
}
void tissue(double *restrict u, double *restrict v, double *restrict u2, double *restrict v2, int n, int steps,
            double dt, double w, double k, double a, double e, double m1, double m2) {
  for (int s = 0; s < steps; s++) {
    wrap(u, n, 0);
    int m = n + 2;
    LOOP {
      int c = i * m + j;
      double x = u[c], y = v[c];
      u2[c] = x + dt * (-k * x * (x - a) * (x - 1) - x * y) + w * (u[c - m] + u[c + m] + u[c - 1] + u[c + 1] - 4 * x);
      v2[c] = y + dt * (e + m1 * y / (x + m2)) * (-y - k * x * (x - a - 1));
    }
    double *t = u; u = u2; u2 = t; t = v; v = v2; v2 = t;
  }
}
"""


def soup(u, v, p):
    """Return the rates of Gray and Scott's reaction."""
    F, k = p
    reaction = u * v * v
    return F * (1 - u) - reaction, reaction - (F + k) * v


def soup_into(out, fields, work, p):
    """Write the rates of Gray and Scott's reaction into given arrays."""
    (u, v), reaction = fields, work[2]
    np.multiply(v, v, out=reaction)
    reaction *= u
    np.subtract(1, u, out=out[0])
    out[0] *= p[0]
    out[0] -= reaction
    np.multiply(v, -(p[0] + p[1]), out=out[1])
    out[1] += reaction


def tissue(u, v, p):
    """Return the rates of Aliev and Panfilov's excitable medium."""
    k, a, e, m1, m2 = p
    return -k * u * (u - a) * (u - 1) - u * v, (e + m1 * v / (u + m2)) * (-v - k * u * (u - a - 1))


def tissue_into(out, fields, work, p):
    """Write the rates of Aliev and Panfilov's medium into given arrays."""
    (u, v), (k, a, e, m1, m2) = fields, p
    du, dv, pull = out[0], out[1], work[2]
    np.subtract(u, a + 1, out=pull)
    pull *= u
    pull *= -k
    pull -= v
    np.subtract(pull, k * a, out=du)
    du *= u
    np.add(u, m2, out=dv)
    np.divide(v, dv, out=dv)
    dv *= m1
    dv += e
    dv *= pull


def library():
    """Return the loops in C, compiled for this machine with -O3."""
    folder = Path(tempfile.mkdtemp())
    (folder / "loops.c").write_text(C_SOURCE)
    flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", str(folder / "loops.so"), str(folder / "loops.c")], check=True)
    return ctypes.CDLL(str(folder / "loops.so"))


def in_c(function, start, steps, numbers):
    """Return the fields after a number of steps of a loop in C."""
    n = start.shape[1]
    fields = [np.zeros((n + 2, n + 2)) for _ in range(4)]
    for field, given in zip(fields, start, strict=False):
        field[1:-1, 1:-1] = given
    pointers = [field.ctypes.data_as(ctypes.c_void_p) for field in fields]
    function(*pointers, n, steps, *map(ctypes.c_double, numbers))
    return np.array([field[1:-1, 1:-1] for field in (fields[:2] if steps % 2 == 0 else fields[2:])])


def by_py_pde(equations, start, grid, dt, periodic):
    """Return a function that runs py-pde's compiled stepper, made once and kept."""
    import pde

    pde.config["backend.numba.multithreading"] = "never"
    sides = [[0, length] for length in grid.lengths]
    cartesian = pde.CartesianGrid(sides, grid.shape, periodic=periodic)
    equation = pde.PDE(equations, bc="auto_periodic_neumann")
    names = list(equations)
    state = pde.FieldCollection([pde.ScalarField(cartesian, f) for f in start], labels=names)
    stepper = pde.EulerSolver(equation, backend="numba").make_stepper(state, dt=dt)

    def run(steps):
        now = state.copy()
        stepper(now, 0.0, steps * dt)
        return now.data

    return run


def stencils(library):
    """Return rows on 256² stencils: compiled and NumPy beside py-pde and beside C, for two reactions."""
    F, k = SOUP
    cells = (SIDE, SIDE)
    return [
        *_stencil(
            "Gray–Scott", (soup, soup_into, SOUP), [0.16, 0.08], Grid(cells, cells, "periodic"), 1.0,
            functools.partial(in_c, library.soup, numbers=(1.0, 0.16, 0.08, *SOUP)),
            {"u": f"0.16*laplace(u) - u*v**2 + {F}*(1 - u)", "v": f"0.08*laplace(v) + u*v**2 - {F + k}*v"},
        ),
        *_stencil(
            "Aliev–Panfilov", (tissue, tissue_into, TISSUE), [1.0, 0.0], Grid(cells, (SIDE * SPACING,) * 2), 0.01,
            functools.partial(in_c, library.tissue, numbers=(0.01, 0.01 / SPACING**2, *TISSUE)),
            {"u": "laplace(u) - 8*u*(u - 0.15)*(u - 1) - u*v", "v": "(0.002 + 0.2*v/(u + 0.3))*(-v - 8*u*(u - 1.15))"},
        ),
    ]  # fmt: skip


def _stencil(name, reaction, D, grid, dt, by_c, equations):
    rates, into, p = reaction
    noise = np.random.default_rng(1).random((2, *grid.shape))
    start = np.stack([1 - 0.5 * noise[0], 0.25 * noise[1]])
    compiled = Stencil(rates, grid, D, dt, p, compiled=True)
    single = Stencil(rates, grid, D, dt, p, into=into, dtype=np.float32)
    theirs = by_py_pde(equations, start, grid, dt, grid.has("periodic"))
    answer = compiled.run(start, 50)
    assert np.allclose(answer, by_c(start, 50), atol=1e-12)
    assert np.allclose(answer, theirs(50), atol=1e-12)
    assert np.allclose(answer, single.run(start, 50), atol=1e-4)
    ours, peer = (lambda: compiled.run(start, STEPS)), (lambda: theirs(STEPS))
    title = f"{name}, {STEPS} steps"
    return [
        (f"{title}: numba / C -O3", ratio(ours, lambda: by_c(start, STEPS)), "≤ 1.3"),
        (f"{title}: numba / py-pde's kept stepper", ratio(ours, peer), "≤ 0.2"),
        (f"{title}: NumPy float32 / py-pde's kept stepper", ratio(lambda: single.run(start, STEPS), peer), "≤ 0.83"),
    ]


def spiral(grid):
    """Return fields from which a spiral wave of the excitable medium grows: crossed steps of u and v."""
    y, x = grid.mesh()
    L = grid.lengths[0]
    smooth = 0.5 * (1.0 + np.tanh((0.4 * L - x) / 2.0))
    return np.stack([smooth, 1.2 * 0.5 * (1.0 + np.tanh((y - 0.5 * L) / 2.0))])


def splitting():
    """Return splitting with the cosine transform beside explicit NumPy steps on a spiral, with the errors of both.

    The explicit steps are taken as a reader would write them (an expression) and as fast as NumPy can (in place).
    """
    grid = Grid((SIDE, SIDE), (SIDE * SPACING,) * 2)
    start, D, end = spiral(grid), [1.0, 0.0], 30.0
    fine = evolve(tissue, start, grid, D, [end], parameters=TISSUE, dt=0.0125, into=tissue_into)[0, 0]

    def ours():
        return evolve(tissue, start, grid, D, [end], parameters=TISSUE, dt=0.13, into=tissue_into)[0, 0]

    rows = []
    for how, into in (("plain", None), ("in place", tissue_into)):
        explicit = Stencil(tissue, grid, D, 0.01, TISSUE, compiled=False, into=into)
        theirs = functools.partial(explicit.run, start, round(end / 0.01))
        errors = [float(np.sqrt(np.mean((u - fine) ** 2))) for u in (ours(), theirs()[0])]
        assert errors[0] <= errors[1]
        sides = f"Strang + cosine, dt 0.13 (error {errors[0]:.1e}) / explicit NumPy {how}, dt 0.01 ({errors[1]:.1e})"
        rows.append((f"spiral to t = 30: {sides}", ratio(ours, theirs, rounds=5), "≤ 0.4"))
    return rows


def logistic(u, p):
    """Return the rate of logistic growth."""
    return p[0] * u * (1 - u)


def grown(u, p, dt):
    """Return the exact flow of logistic growth."""
    return u / (u + (1 - u) * np.exp(-p[0] * dt))


def front():
    """Return Fisher's front on a line, plain and compiled, beside py-pde's SciPy solver with NumPy and with numba."""
    import pde

    grid = Grid(501, 250.5)
    start = grid.field(lambda x: 0.5 * (1.0 - np.tanh(x - 20.0)))
    args = {"grid": grid, "D": 1.0, "times": [40.0], "parameters": (1.0,), "flow": grown, "diffusion": "crank-nicolson"}
    fine = evolve(logistic, start, dt=0.0025, **args)[0]
    state = pde.ScalarField(pde.CartesianGrid([[0, 250.5]], [501]), start)
    equation = pde.PDE({"c": "laplace(c) + c*(1 - c)"}, bc="neumann")
    rows = []
    for compiled, backend in ((False, "numpy"), (True, "numba")):
        ours = functools.partial(evolve, logistic, start, dt=0.05, compiled=compiled, **args)
        theirs = functools.partial(equation.solve, state, t_range=40.0, solver="scipy", tracker=None, backend=backend)
        error, other = np.abs(ours()[0] - fine).max(), np.abs(theirs().data - fine).max()
        assert error <= 2e-3
        how = "compiled" if compiled else "plain"
        name = f"Fisher's front, 501 cells: {how} (error {error:.1e}) / py-pde's SciPy solver, {backend} ({other:.1e})"
        rows.append((name, ratio(ours, theirs, rounds=5), "≤ 0.1"))
    return rows


def gradient():
    """Return the direct solve of a steady gradient beside relaxation by explicit NumPy steps."""
    D, k, cells, length = 0.1, 2.52e-4, 200, 200.0
    grid = Grid(cells, length, (Held(100.0), "no-flux"))

    def relaxation():
        dx = length / cells
        dt, c = 0.4 * dx**2 / D, np.zeros(cells + 2)
        for _ in range(int(12 / (k * dt))):
            c[0], c[-1] = 200.0 - c[1], c[-2]
            c[1:-1] += dt * (D / dx**2 * (c[2:] - 2 * c[1:-1] + c[:-2]) - k * c[1:-1])
        return c[1:-1]

    def direct():
        return steady(grid, D, decay=k)

    assert np.allclose(direct(), relaxation(), atol=1e-2)
    return [("steady gradient, 200 cells: direct solve / relaxation", ratio(direct, relaxation), "≤ 0.02")]


def scaling():
    """Return microseconds a step against the number of cells, for every way to take a step in two dimensions."""
    rows = ["| cells | numba | NumPy | NumPy float32 | transform | alternating | sparse LU |", "| --- " * 7 + "|"]
    for n in (64, 128, 256, 512):
        grid = Grid((n, n), (float(n), float(n)))
        start = np.stack([grid.field(1.0), grid.field(0.1)])
        D, dt = [0.16, 0.08], 1.0
        runs = [Stencil(soup, grid, D, dt, SOUP, compiled=True), Stencil(soup, grid, D, dt, SOUP, into=soup_into),
                Stencil(soup, grid, D, dt, SOUP, into=soup_into, dtype=np.float32)]  # fmt: skip
        times = []
        for run in runs:
            run.run(start, 3)
            steps = max(20000 // n, 20)
            times.append(min(seconds(lambda: run.run(start, steps)) for _ in range(3)) / steps)  # noqa: B023
        for method in ("transform", "adi", "sdirk2") if n <= 256 else ("transform", "adi"):
            step = Diffusion(grid, 0.16, dt, method=method)
            times.append(min(seconds(lambda: step.step(start[0])) for _ in range(5)))  # noqa: B023
        shown = [f"{1e6 * t:.0f}" for t in times] + [""] * (6 - len(times))
        rows.append(f"| {n}² | {' | '.join(shown)} |")
    return rows


def report():
    """Return the tables of ratios and of scaling as Markdown."""
    measured = [*stencils(library()), *splitting(), *front(), *gradient()]
    rows = ["## Fields", "", "| what | ours / ms | other / ms | ratio | goal |", "| --- | --- | --- | --- | --- |"]
    for name, (ours, theirs, share), goal in measured:
        rows.append(f"| {name} | {ours * 1e3:.2f} | {theirs * 1e3:.2f} | {share:.3f} | {goal} |")
    rows += [
        "",
        "Microseconds a step (the first three: two reacting species; the others: diffusion of one)",
        "",
        *scaling(),
    ]
    return "\n".join(rows)
