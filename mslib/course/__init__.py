"""The graded course: each student's own numbers, notebooks run in a closed room, answers judged outside it."""

from .sheets import Sheet, sheet

__all__ = ["Sheet", "sheet"]
