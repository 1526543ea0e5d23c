"""Random streams and repeated work that give the same answer on one worker or many."""

import sys

import numpy as np


def generator(rng):
    """Return a NumPy random generator from a seed or a generator.

    Parameters
    ----------
    rng : int or numpy.random.Generator
        Seed, or a generator that is returned as it is.

    Returns
    -------
    numpy.random.Generator
        The generator.

    Raises
    ------
    TypeError
        If `rng` is neither; ``None`` is refused because a result must be repeatable.

    Examples
    --------
    >>> int(generator(1).integers(10))
    4
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool):
        return np.random.default_rng(int(rng))
    raise TypeError(f"rng must be an int seed or a numpy.random.Generator, got {rng!r}")


def replicate(function, count, rng, *, block=1000, executor=None, progress=False):
    """Run a vectorised simulation `count` times in blocks that each own a random stream.

    The blocks and their streams depend only on `rng`, `count` and `block`, so the answer does not depend on the
    number of workers.

    Parameters
    ----------
    function : callable
        ``function(size, rng)`` returns an array (or a tuple of arrays) with `size` replicates along axis 0.
        It must be picklable if the executor uses processes.
    count : int
        Number of replicates.
    rng : int or numpy.random.Generator
        Seed or generator; the streams are spawned from it.
    block : int
        Replicates a block.
    executor : concurrent.futures.Executor, optional
        Runs the blocks; without one they run here, one after the other.
    progress : bool
        Show a progress bar.

    Returns
    -------
    numpy.ndarray or tuple of numpy.ndarray
        The blocks joined along axis 0.

    Raises
    ------
    ValueError
        If `count` or `block` is not a positive whole number.

    Examples
    --------
    >>> replicate(lambda size, rng: rng.normal(size=size), 5, rng=1, block=2).shape
    (5,)
    """
    for name, value in (("count", count), ("block", block)):
        if value != int(value) or value < 1:
            raise ValueError(f"{name} must be a positive whole number, got {value!r}")
    sizes = [min(block, count - start) for start in range(0, int(count), int(block))]
    streams = generator(rng).spawn(len(sizes))
    mapped = (executor.map if executor else map)(function, sizes, streams)
    parts = list(watched(mapped, progress, total=len(sizes)))
    if isinstance(parts[0], tuple):
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    return np.concatenate(parts)


def watched(steps, progress, *, total=None):
    """Return an iterable, with a bar that shows how far it is if progress is wanted.

    Parameters
    ----------
    steps : iterable
        The work, step by step.
    progress : bool
        Whether to show the bar; it vanishes at the end.
    total : int, optional
        Number of steps, if the iterable does not know it.

    Returns
    -------
    iterable
        The same steps.

    Examples
    --------
    >>> list(watched(range(3), progress=False))
    [0, 1, 2]
    """
    if not progress:
        return steps
    from tqdm.auto import tqdm

    if sys.platform == "emscripten":
        tqdm.monitor_interval = 0  # a browser's Python has no threads for the monitor of the bar
    return tqdm(steps, total=total, leave=False)
