"""Cell problems beside a sparse direct solve and algebraic multigrid, on the same finite volumes."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import cg, spsolve

from mslib.numerics.homogenise import checkerboard, disc, homogenise

from .kernels import ratio, seconds

SIZES = (64, 128, 256, 512)


def matrix(a):
    """Return the matrix of −∇·a∇ on a periodic image with harmonic means, and the right side for a gradient along x."""
    n = len(a)
    index, rows, columns, values, right = np.arange(n * n).reshape(n, n), [], [], [], np.zeros((n, n))
    for axis in (0, 1):
        there = np.roll(a, -1, axis)
        g = np.divide(2.0 * a * there, a + there, out=np.zeros_like(a), where=a + there > 0) * n**2
        here, next_one = index.ravel(), np.roll(index, -1, axis).ravel()
        rows += [here, next_one, here, next_one]
        columns += [here, next_one, next_one, here]
        values += [g.ravel(), g.ravel(), -g.ravel(), -g.ravel()]
        if axis == 1:
            right = (g - np.roll(g, 1, axis)) / n
    shape = (n * n, n * n)
    return coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape).tocsr(), right


def effective(a, chi):
    """Return the mean flux along x of a corrector."""
    there = np.roll(a, -1, 1)
    g = np.divide(2.0 * a * there, a + there, out=np.zeros_like(a), where=a + there > 0)
    return float(np.mean(g * (1.0 + (np.roll(chi, -1, 1) - chi) * len(a))))


def direct(a):
    """Solve with SciPy's spsolve, one cell held: what a reader would write first."""
    A, b = matrix(a)
    chi = np.zeros(a.size)
    chi[1:] = spsolve(A[1:, 1:].tocsc(), b.ravel()[1:])
    return effective(a, chi.reshape(a.shape))


def multigrid(a):
    """Solve with conjugate gradients preconditioned by pyamg's smoothed aggregation, set-up included."""
    import pyamg

    A, b = matrix(a)
    A = A[1:, 1:].tocsr()
    A.indices, A.indptr = A.indices.astype(np.int32), A.indptr.astype(np.int32)
    inverse = pyamg.smoothed_aggregation_solver(A, symmetry="symmetric").aspreconditioner()
    solved, failed = cg(A, b.ravel()[1:], rtol=1e-9, M=inverse)
    assert not failed
    return effective(a, np.r_[0.0, solved].reshape(a.shape))


def ours(a):
    """Solve with the engine, along x only."""
    return homogenise(a, directions=[1]).tensor[0, 0]


def cases():
    """Return images by name: permeable discs, contrast twenty, and a checkerboard, contrast ten, on 256²."""
    return {
        "discs 20|1, 256²": np.where(disc(256, 0.3), 20.0, 1.0),
        "checkerboard 10|1, 256²": np.where(checkerboard(256), 10.0, 1.0),
    }


def report():
    """Return the table of ratios and the scaling with the size of the image as Markdown."""
    rows = ["## Homogenisation", "", "| what | ours / ms | other / ms | ratio |", "| --- | --- | --- | --- |"]
    for name, a in cases().items():
        for peer, solve in (("SciPy spsolve", direct), ("pyamg + CG", multigrid)):
            assert np.isclose(ours(a), solve(a), rtol=1e-6)
            mine, theirs, share = ratio(lambda a=a: ours(a), lambda a=a, solve=solve: solve(a), rounds=5)
            rows.append(f"| {name}: engine / {peer} | {mine * 1e3:.1f} | {theirs * 1e3:.1f} | {share:.3f} |")
    rows += [
        "",
        "| cells a side | engine / ms | steps | contrast 1000: ms | steps |",
        "| --- | --- | --- | --- | --- |",
    ]
    for n in SIZES:
        mild, sharp = (np.where(disc(n, 0.3), contrast, 1.0) for contrast in (20.0, 1000.0))
        cells = [str(n)]
        for a in (mild, sharp):
            times = sorted(seconds(lambda a=a: ours(a)) for _ in range(5))
            cells += [f"{times[2] * 1e3:.1f}", str(homogenise(a, directions=[1]).iterations[0])]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)
