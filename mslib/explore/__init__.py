"""Interactive figures, static figures and printed numbers of the book."""

from .explorer import Explorer
from .figure import Figure
from .report import quote, show

__all__ = ["Explorer", "Figure", "quote", "show"]
