"""What a visitor of the repository reads first is true: commands, versions, terms, links and workflows."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import mslib
from mslib.problems import all_problems
from mslib.site import notation, sample
from tests.notebooks.conftest import NOTEBOOKS, code_cells, prose

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
REFERENCE = ROOT / "chapters" / "reference"
HOUSE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE-text.md", "exercises/README.md")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAIN = "https://github.com/across-the-scales/across-the-scales"


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def links():
    """Return the module of tools/links.py."""
    spec = importlib.util.spec_from_file_location("links", ROOT / "tools" / "links.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", HOUSE)
def test_commands_exist(name):
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)", " ".join(re.findall(r"`+[^`]+`+", text(name))))) <= targets
    for tool in re.findall(r"python (tools/\w+\.py)", text(name)):
        assert (ROOT / tool).is_file(), tool


def test_the_tables_of_commands_tell_every_target_and_every_tool():
    told = text("README.md") + text("CONTRIBUTING.md")
    for target in set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.M)) - {"help"}:
        assert f"make {target}" in told, target
    for tool in (ROOT / "tools").glob("*.py"):
        assert f"python tools/{tool.name}" in told, tool.name


def test_links_of_the_house_files_lead_somewhere():
    for name in HOUSE:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text(name)):
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


def test_versions_agree():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0" and citation["authors"] and citation["message"]
    assert set(citation["license"]) == {"CC-BY-4.0", "MIT"}
    assert citation["repository-code"] == MAIN == yaml.safe_load(text("_config.yml"))["repository"]["url"]
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert mslib.__version__ == project["version"] == str(citation["version"])
    assert text("chapters/reference/cite.md").count(mslib.__version__) == 2
    assert re.search(r"^## (\S+)", text("CHANGELOG.md"), re.M)[1] == mslib.__version__
    assert str(citation["date-released"])[:4] in text("chapters/reference/cite.md")


def book():
    """Return all that a reader reads outside the glossary, in lower case and on one line."""
    pages = [
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "chapters").rglob("*.md"))
        if path.stem != "glossary"
    ]
    problems = [problem.markdown() for problem in all_problems().values()]
    words = re.sub(r"\{glue:text\}`[^`]*`", "…", " ".join([*pages, *map(prose, NOTEBOOKS), *problems]))
    return re.sub(r"\*\*|\s+", " ", words).replace("  ", " ").lower()


def terms():
    """Return the entries of the glossary."""
    return re.findall(r"^(\S.*)\n  \S", (REFERENCE / "glossary.md").read_text(encoding="utf-8"), re.M)


def test_every_term_of_the_glossary_is_used_and_they_are_in_order():
    read = book()
    assert len(terms()) >= 40
    assert [term for term in terms() if term.lower() not in read] == []
    assert terms() == sorted(terms(), key=str.lower)


def test_the_parameters_of_every_chapter_stand_under_its_title_in_reading_order():
    order = re.findall(r"file: chapters/principles/(\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = (REFERENCE / "parameters.md").read_text(encoding="utf-8")
    assert re.findall(r"\{parameter-table\} mslib\.principles\.(\w+)", listed) == order
    titles = [re.search(r"^# (.+)$", prose(ROOT / f"chapters/principles/{slug}.ipynb"), re.M)[1] for slug in order]
    assert re.findall(r"^## \[(.+)\]\(", listed, re.M) == titles


def test_every_link_within_the_book_leads_somewhere():
    assert links().broken(SITE) == []


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="b.html#there">x</a><a href="#here">y</a><a href="c.html">z</a></p>'
    )
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1><a href="a.html#gone?D=1">a</a><a href="https://x.y/">w</a>')
    assert links().broken(tmp_path) == [("a.html", "c.html"), ("b.html", "a.html#gone?D=1")]
    assert links().outside(tmp_path) == ["https://x.y/"]


def test_a_doi_is_asked_for_in_the_register(tmp_path):
    (tmp_path / "r.bib").write_text("@a{b,\n  doi = {10.1000/xyz},\n}\n")
    assert links().registered(tmp_path / "r.bib") == ["https://doi.org/api/handles/10.1000/xyz"]
    assert len(links().registered(ROOT / "references.bib")) > 50


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_only_what_the_readme_tells(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["name"] == path.stem and workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert (
                "uses" in step or f"`{step['run'].removesuffix(' --web')}`" in text("README.md") or is_code(step["run"])
            )
            assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def is_code(command):
    """Return whether the README shows a command in a block of its own."""
    return re.search(rf"^{re.escape(command)}$", text("README.md"), re.M) is not None


def test_all_three_pythons_are_tested():
    matrix = yaml.safe_load(text(".github/workflows/test.yml"))["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]


def test_launching_installs_the_book():
    container = json.loads(text(".devcontainer/devcontainer.json"))
    assert container["postCreateCommand"] == "make install"
    assert text("binder/requirements.txt").strip() == "-r ../requirements.txt"
    assert "-e ." in text("requirements.txt").splitlines()
    assert text("binder/runtime.txt").strip() in ("python-3.11", "python-3.12", "python-3.13")


def test_hooks_use_the_projects_own_tools():
    hooks = [hook for repo in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"] for hook in repo["hooks"]]
    assert {hook["id"] for hook in hooks} >= {"ruff-check", "ruff-format", "codespell", "outputs"}
    for hook in hooks:
        command = hook["entry"].split()[0]
        assert command.startswith(".venv/bin/") and hook["language"] == "system"
        assert (Path(sys.executable).parent / Path(command).name).exists(), command


def test_spelling():
    words = next(
        h
        for r in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
        for h in r["hooks"]
        if h["id"] == "codespell"
    )
    command = [str(Path(sys.executable).parent / "codespell"), *words["entry"].split()[1:], "--skip=*/__pycache__/*"]
    done = subprocess.run(
        [*command, *HOUSE, "chapters", "mslib", "tools", "tests"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def documented():
    """Return the modules that the reference shows, by the pages that name them."""
    return {
        module: page
        for page in sorted((REFERENCE / "api").rglob("*.md"))
        for module in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))
    }


def test_the_reference_shows_every_module_of_models_and_engines():
    wanted = {"mslib.model", "mslib.units", "mslib.explore", "mslib.problems"}
    wanted |= {"mslib.course", "mslib.course.grade", "mslib.course.report"}
    for package in ("mslib.principles", "mslib.numerics"):
        found = pkgutil.iter_modules(importlib.import_module(package).__path__)
        wanted |= {f"{package}.{info.name}" for info in found if not info.name.startswith("_")}
    assert wanted == set(documented())


@pytest.mark.parametrize("name", documented())
def test_every_public_name_is_documented(name):
    module = importlib.import_module(name)
    public = getattr(module, "__all__", None) or [n for n, t in vars(module).items() if is_own(t, module)]
    for thing in map(module.__dict__.get, public):
        assert inspect.getdoc(thing), f"{name}.{thing}"
        if inspect.isfunction(thing) and inspect.signature(thing).parameters:
            assert re.search(r"^Parameters\n-+$|^Examples\n-+$|^\w.*\.$", inspect.getdoc(thing), re.M)


def is_own(thing, module):
    """Return whether a module itself defines a public class or function."""
    own = (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__ == module.__name__
    return own and not thing.__name__.startswith("_")


def test_code_on_the_pages_and_in_the_readme_runs():
    for path in [ROOT / "README.md", *sorted(REFERENCE.rglob("*.md"))]:
        for code in re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
            exec(compile(ast.parse(code), path.name, "exec"), {})  # our own pages


def test_the_cover_shows_a_figure_that_a_chapter_has():
    name = re.search(r"```\{explorer\} (\S+)", text("chapters/index.md"))[1]
    assert any(f'name="{name}"' in cell.source for path in NOTEBOOKS for cell in code_cells(path))
    cover = (SITE / "chapters/index.html").read_text(encoding="utf-8")
    assert f'<mslib-explorer id="{name}">' in cover and '"question": ""' in cover


def test_a_question_is_left_out_whatever_it_says():
    assert (
        sample.without_question(r'{"question": "Which \"one\"?", "choices": []}') == '{"question": "", "choices": []}'
    )


def test_each_meaning_of_a_symbol_is_listed_once_and_expressions_are_not():
    import mslib.principles
    from mslib.model import all_models

    found = notation.meanings(all_models(mslib.principles))
    assert len(found) == len(set(found)) > 100
    symbols = {one.symbol for one in found}
    assert {"λ", "C_T", "k_L", "N"} <= symbols
    assert not any("/" in symbol or " " in symbol for symbol in symbols)


def test_readme_picture_is_small():
    picture = ROOT / re.search(r"!\[[^\]]{60,}\]\(([^)]+)\)", text("README.md"))[1]
    assert 5_000 < picture.stat().st_size <= 60_000
