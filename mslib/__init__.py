"""mslib: the models, interactive figures and problems of the textbook *Across the Scales*."""

__version__ = "0.2.0"
