"""Copies of the built book to take home: a zip of the site, an ePub and a PDF. `python -m tools.offline` makes them."""
