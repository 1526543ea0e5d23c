"""The problem bank: one source for the reader's self-check, the course's variants and the grader."""

from .problem import Mistake, Part, Problem, Verdict, all_problems
from .question import Option, Question

__all__ = ["Mistake", "Option", "Part", "Problem", "Question", "Verdict", "all_problems"]
