"""Show the built book on this machine: `python tools/serve.py`, with the headers that a public host should send.

`--policy` prints those headers for nginx instead, to be included in its configuration.
"""

import argparse
import base64
import functools
import hashlib
import http.server
import re
from pathlib import Path

SITE = Path(__file__).parents[1] / "_build" / "html"
WORKSHOP = "lite"
COMMON = {"default-src": "'self'", "img-src": "'self' data: blob:", "style-src": "'self' 'unsafe-inline'",
          "font-src": "'self' data:", "object-src": "'none'", "base-uri": "'none'", "form-action": "'self' https:",
          "frame-ancestors": "'self'"}  # fmt: skip
SCRIPT = re.compile(r"<script(?![^>]*(?:\bsrc=|application/|text/))[^>]*>(.*?)</script>", re.DOTALL)
HANDLER = re.compile(r'<[a-z][^>]*\son[a-z]+="([^"]*)"')


def token(source):
    """Return the word by which a policy allows one inline script.

    Examples
    --------
    >>> token("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def inline(pages):
    """Return the words that allow the inline scripts of some pages, the theme's few, and nothing else."""
    allowed = set()
    for page in pages:
        html = page.read_text(encoding="utf-8")
        allowed |= {token(source) for source in SCRIPT.findall(html)}
        allowed |= {
            token(source) for source in HANDLER.findall(re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))
        }
    return sorted(allowed)


def policies(site=SITE):
    """Return the content security policies of the book and of its workshop.

    Parameters
    ----------
    site : pathlib.Path
        The built book.

    Returns
    -------
    tuple of str
        For the pages, and for the folder of the workshop, whose Python is WebAssembly and whose editor compiles its
        settings' schemas.
    """
    book = [page for page in site.rglob("*.html") if WORKSHOP not in page.relative_to(site).parts[:1]]
    pages = COMMON | {"script-src": " ".join(["'self'", "'unsafe-hashes'", *inline(book)])}
    editor = COMMON | {
        "script-src": " ".join(["'self'", "'unsafe-eval'", *inline((site / WORKSHOP).rglob("*.html"))]),
        "worker-src": "'self' blob:",
        "connect-src": "'self' data: blob:",
    }
    return tuple("; ".join(f"{name} {words}" for name, words in policy.items()) for policy in (pages, editor))


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, each with the policy of its part of the site."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript", ".wasm": "application/wasm", ".whl": "application/zip",
    }  # fmt: skip

    def __init__(self, *arguments, rules, **named):
        self.rules = rules
        super().__init__(*arguments, **named)

    def end_headers(self):
        """Add the headers."""
        self.send_header("Content-Security-Policy", self.rules[self.path.startswith(f"/{WORKSHOP}/")])
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()

    def log_message(self, *_):
        """Say nothing of requests that went well."""


def server(port, host="127.0.0.1", site=SITE):
    """Return a server of the built book that is ready to run."""
    return http.server.ThreadingHTTPServer(
        (host, port), functools.partial(Handler, directory=site, rules=policies(site))
    )


def nginx(rules):
    """Return the policies as a map of nginx from addresses to headers."""
    return f'map $uri $book_policy {{\n    default "{rules[0]}";\n    ~^/{WORKSHOP}/ "{rules[1]}";\n}}\n'


def main():
    """Serve, or print the policies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 shows the book to the network")
    parser.add_argument("--policy", action="store_true", help="print the headers for nginx")
    options = parser.parse_args()
    if not (SITE / "index.html").is_file():
        raise SystemExit("the book is not built: run make book")
    if options.policy:
        print(nginx(policies()), end="")
        return
    print(f"The book is at http://{options.host}:{options.port} (Ctrl+C ends it).", flush=True)
    try:
        server(options.port, options.host).serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
