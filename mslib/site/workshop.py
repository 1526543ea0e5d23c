"""The doors to the workshop: the button of each notebook's page, and the page that starts Python in the browser."""

import json
from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode

from sphinx.util.docutils import SphinxDirective

from .chapters import pages, title_of
from .header import raw

PAGE = Path(__file__).parent / "templates" / "workshop.html"


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_directive("workshop-door", Door)
    app.connect("build-finished", write_page)


class Door(SphinxDirective):
    """The button *Run this chapter*."""

    def run(self):
        """Return the button."""
        page = self.env.docname
        up = "../" * page.count("/")
        address = f"{up}workshop.html?{urlencode({'open': page.removeprefix('chapters/')}, safe='/')}"
        return [raw(f'<p class="ms-door"><a class="ms-run" href="{address}">Run this chapter</a> '
                    "<span>in your browser, with nothing to install</span></p>")]  # fmt: skip


def notebooks(app):
    """Return what the page must know of each notebook of the book.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.

    Returns
    -------
    dict of str to dict
        By name such as ``principles/morphogen``: title, page, download, and addresses of other services.
    """
    found = {}
    for page, _ in pages(app.config.external_site_map):
        path = Path(app.srcdir) / f"{page}.ipynb"
        if path.is_file():
            title = title_of(json.loads(path.read_text(encoding="utf-8")), path.name).partition(":")[0]
            found[page.removeprefix("chapters/")] = {
                "title": title,
                "page": f"{page}.html",
                "download": f"_sources/{page}.ipynb",
                "elsewhere": elsewhere(app.config, f"{page}.ipynb"),
            }
    return found


def elsewhere(config, path):
    """Return the addresses at which other services run a notebook of the repository.

    Parameters
    ----------
    config : sphinx.config.Config
        With the theme's `repository_url`, `repository_branch` and `launch_buttons`.
    path : str
        The notebook, from the repository's root.

    Returns
    -------
    dict of str to str
        ``colab`` and ``binder``, and ``hub``: what to append to the address of a JupyterHub that has nbgitpuller.
    """
    theme = config.html_theme_options
    repository, branch, buttons = theme["repository_url"], theme["repository_branch"], theme["launch_buttons"]
    owner_name = repository.removeprefix("https://github.com/")
    pulled = {"repo": repository, "branch": branch, "urlpath": f"lab/tree/{owner_name.rpartition('/')[2]}/{path}"}
    return {
        "colab": f"{buttons['colab_url']}/github/{owner_name}/blob/{branch}/{path}",
        "binder": f"{buttons['binderhub_url']}/v2/gh/{owner_name}/{branch}?urlpath={quote(f'lab/tree/{path}')}",
        "hub": f"/hub/user-redirect/git-pull?{urlencode(pulled)}",
    }


def write_page(app, error):
    """Write the page that starts the workshop."""
    if error or app.builder.format != "html":
        return
    known = json.dumps(notebooks(app), ensure_ascii=False).replace("</", "<\\/")
    hub = app.config.html_theme_options["launch_buttons"].get("jupyterhub_url", "")
    page = PAGE.read_text(encoding="utf-8")
    for name, value in {"title": escape(app.config.html_title), "hub": escape(hub), "notebooks": known}.items():
        page = page.replace(f"[[{name}]]", value)
    (Path(app.outdir) / "workshop.html").write_text(page, encoding="utf-8")
