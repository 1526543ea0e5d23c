"""mslib: the models, interactive figures and problems of the textbook *Across the Scales*."""

__version__ = "0.1.0"
