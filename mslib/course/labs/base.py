"""What an open lab is: behaviours asked of a student's function, judged from what it returned."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mslib.problems import Verdict


class Unlike(ValueError):
    """A behaviour that the real system does not show."""


@dataclass(frozen=True)
class Lab:
    """One behaviour that is asked of a student's function.

    Attributes
    ----------
    draw : callable
        ``draw(rng)`` returns keyword arguments for each call of the function.
    test : callable
        ``test(inputs, returned)`` raises an `Unlike` that says what is wrong, or returns a word of praise.
    """

    draw: Callable
    test: Callable

    def judge(self, inputs, given):
        """Return the verdict on what the function returned for the inputs."""
        returned = given.get("returned")
        if not isinstance(returned, list) or len(returned) != len(inputs):
            return Verdict(False, "shape", "The function did not return once for each call.")
        try:
            return Verdict(True, "right", self.test(inputs, returned))
        except Unlike as error:
            return Verdict(False, "wrong", str(error))


def insist(truth, says):
    """Raise an `Unlike` that says what is wrong, unless all is well.

    Examples
    --------
    >>> insist(1 < 2, "One is less than two.")
    """
    if not truth:
        raise Unlike(says)


def numbers(value, shape, what):
    """Return returned numbers as an array of the shape that was asked for.

    Parameters
    ----------
    value : object
        What JSON carried.
    shape : tuple of int
        The shape.
    what : str
        Name of the thing, for the student.

    Returns
    -------
    numpy.ndarray
        Finite numbers.

    Raises
    ------
    Unlike
        If they are not.

    Examples
    --------
    >>> numbers([1, 2], (2,), "x")
    array([1., 2.])
    """
    try:
        array = np.array(value, float)
    except (TypeError, ValueError):
        raise Unlike(f"{what} must be finite numbers in an array of shape {shape}.") from None
    insist(array.shape == shape, f"{what} must have the shape {shape}; yours has {array.shape}.")
    insist(np.all(np.isfinite(array)), f"{what} must be finite numbers.")
    return array
