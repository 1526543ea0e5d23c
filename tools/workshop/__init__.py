"""The workshop: JupyterLite on the book's own site, with Python, its packages and `mslib` served from there as well."""
