"""Open labs: what a student's own simulation must do, whatever is inside it; one module a lab.

A lab's graded cell calls the student's function with inputs that nobody knows beforehand. Here, outside the student's
kernel, the returned numbers are held against limits, conservation laws, convergence and published measurements.
"""

from . import gradient, hybrid
from .base import Lab

LABS = gradient.LABS | hybrid.LABS

__all__ = ["LABS", "Lab"]
