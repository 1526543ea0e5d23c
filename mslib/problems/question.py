"""A multiple-choice question: a prediction before the mathematics, with a word on every option."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One answer to choose.

    Attributes
    ----------
    text : str
        The answer; Markdown.
    says : str
        What choosing it tells, right or wrong; Markdown.
    right : bool
        Whether it is the right one.
    """

    text: str
    says: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A multiple-choice question.

    Attributes
    ----------
    key : str
        Identity within the book: letters, digits and hyphens.
    text : str
        The question; Markdown.
    options : sequence of Option
        Two or more, exactly one of them right.

    Raises
    ------
    ValueError
        If not exactly one option is right.

    Examples
    --------
    >>> Question("sum", "1 + 1?", (Option("2", "Yes.", right=True), Option("3", "Count again."))).right
    0
    """

    key: str
    text: str
    options: tuple[Option, ...]

    def __post_init__(self):
        if len(self.options) < 2 or sum(option.right for option in self.options) != 1:
            raise ValueError(f"question {self.key!r} needs two or more options, exactly one of them right")

    @property
    def right(self):
        """Index of the right option."""
        return [option.right for option in self.options].index(True)

    def statement(self):
        """Return question and options as Markdown."""
        return "\n".join([self.text, "", *(f"{i}. {option.text}" for i, option in enumerate(self.options, 1))])

    def check(self, choice):
        """Return what choosing an option tells.

        Parameters
        ----------
        choice : int
            Number of the option, from 1.

        Returns
        -------
        str
            Feedback.

        Raises
        ------
        ValueError
            If there is no such option.
        """
        if choice not in range(1, len(self.options) + 1):
            raise ValueError(f"choice must be a whole number from 1 to {len(self.options)}, got {choice!r}")
        option = self.options[choice - 1]
        return f"{'Right' if option.right else 'Not quite'}. {option.says}"

    def markdown(self):
        """Return the question for the book: MyST Markdown around the element that the page's script brings to life."""
        options = [
            f'<div class="ms-option" data-right="{str(option.right).lower()}">\n\n{option.text}\n\n'
            f'<div class="ms-says" hidden>\n\n{option.says}\n\n</div>\n\n</div>'
            for option in self.options
        ]
        return "\n\n".join([f'<mslib-question id="{self.key}">', self.text, *options, "</mslib-question>"])

    def _repr_mimebundle_(self, include=None, exclude=None):
        if os.environ.get("MSLIB_BAKE") == "1":
            return {"text/plain": self.statement(), "text/markdown": self.markdown()}
        return {"text/plain": self.statement(), "text/markdown": f"{self.statement()}\n\nAnswer with `.check(number)`."}
