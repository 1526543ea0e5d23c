"""From pages for a screen to pages for paper: no controls, numbered figures and problems, answers apart."""

import json
from functools import cache
from html import escape
from string import ascii_uppercase

from bs4 import BeautifulSoup
from tqdm import tqdm

from .book import INSIDE, plain, read

UNUSED_TAGS = ("img", "mslib-progress")
UNUSED_CLASSES = {"hide", "ms-door", "ms-mistake", "toctree-wrapper"}
UNUSED_ATTRIBUTES = ("tabindex", "title", "loading", "role")
QUESTIONS = ("mslib-problem", "mslib-question")
ANSWERS = "Answers, hints and solutions"


@cache
def on_paper():
    """Return the book with its pages rearranged for paper.

    Returns
    -------
    Book
        The built book; its pages have no controls, and answers are apart from questions.
    """
    book, places = read(), {}
    give_letters(book)
    for page in tqdm(book.pages, "rearranging", unit="page"):
        clean(page.article)
        number_figures(page, book)
        number_questions(page, places)
    name_figures(book)
    for page in book.pages:
        move_answers(page, places)
    return book


def give_letters(book):
    """Give the pages of problems that are no chapters a letter."""
    pages = (page for page in book.pages if not page.number and page.article.find("mslib-problem"))
    for letter, page in zip(ascii_uppercase, pages, strict=False):
        page.number = letter


def clean(article):
    """Take out of a page what only a screen, or a browser that runs scripts, can use."""
    for tag in article.find_all(is_unused):
        tag.extract()
    for cell in article.find_all("div", class_="cell"):
        if not cell.find(["ms-kept", "figure", "table", "p"]):
            cell.extract()
    for tag in article.find_all(True):
        for name in UNUSED_ATTRIBUTES:
            tag.attrs.pop(name, None)
        if tag.name == "p" and tag.find(["ul", "ol", "dl"]):
            tag.name = "div"
    article.attrs.pop("class", None)


def is_unused(tag):
    """Return whether an element has no use on paper."""
    classes = tag.get("class", ())
    unjoined = tag.name == "li" and tag.get("aria-hidden") == "true"
    name_of_source = "label" in classes and "citation" in tag.parent.get("class", ())
    return tag.name in UNUSED_TAGS or not UNUSED_CLASSES.isdisjoint(classes) or unjoined or name_of_source


def fragment(html):
    """Return the first element of some markup.

    Examples
    --------
    >>> fragment("<p>a<br>b</p>")
    <p>a<br/>b</p>
    """
    return BeautifulSoup(html, "html.parser").find(True)


def label(kind, page, number):
    """Return the name of the n-th thing of its kind on a page.

    Parameters
    ----------
    kind : str
        "Figure", "Problem" or "Prediction".
    page : Page
        Its page.
    number : int
        Its number there.

    Returns
    -------
    str
        Name with the number of the chapter, where there is one.
    """
    return f"{kind}\u00a0{page.number}.{number}" if page.number else f"{kind}\u00a0{number}"


def number_figures(page, book):
    """Write a page's figures with number, caption and, where they can be moved on the site, their state and address."""
    for number, found in enumerate(page.article.find_all(is_figure), 1):
        name = label("Figure", page, number)
        found["data-label"] = name
        explorer = found.name == "mslib-explorer"
        new = fragment(explorer_html(found, name, page, book) if explorer else figure_html(found, name))
        if explorer and spec_of(found)["question"]:
            found.insert_before(prediction(found))
        found.replace_with(new)


def is_figure(tag):
    """Return whether an element is a figure of its own or an interactive one."""
    return tag.name == "mslib-explorer" or (tag.name == "figure" and "ms-figure" in tag.get("class", ()))


def spec_of(element):
    """Return what the site's script knows of an interactive figure."""
    return json.loads(element.find("script", class_="ms-spec").string)


def figure_html(figure, name, more="", anchor=""):
    """Return a figure with its number.

    Parameters
    ----------
    figure : bs4.Tag
        The element on the site.
    name : str
        "Figure 2.1".
    more : str
        HTML below the caption.
    anchor : str
        Id of the figure; by default made of the name.

    Returns
    -------
    str
        HTML.
    """
    caption = figure.find("figcaption")
    words = f" {caption.decode_contents()}" if caption else ""
    anchor = anchor or name.lower().replace("\u00a0", "-").replace(".", "-")
    return (
        f'<figure role="group" class="figure" id="{anchor}" data-label="{name}">{figure.find("ms-kept")}'
        f'<figcaption><p class="caption"><b>{name}</b>{words}</p>{more}</figcaption></figure>'
    )


def explorer_html(element, name, page, book):
    """Return an interactive figure at the state that the site shows first."""
    spec = spec_of(element)
    sliders = [
        f"{slider['label']} <var>{slider['symbol']}</var> = {slider['texts'][slider['start']]} {slider['unit']}".strip()
        for slider in spec["sliders"]
    ]
    rows = element.select("dl.ms-derived > div")
    derived = [f"{row.dt.decode_contents().replace(', <var>', ' <var>')} = {value(row.dd)}" for row in rows]
    more = f'<p class="state"><b>Shown at</b> {"; ".join(sliders)}. <b>It follows</b> {"; ".join(derived)}.</p>'
    address = f"{book.address}{page.name}.html#{element['id']}"
    state = "&".join(f"{slider['name']}={slider['stops'][slider['start']]}" for slider in spec["sliders"])
    link = f'<a href="{escape(f"{address}?{state}")}">{address.removeprefix("https://")}</a>'
    return figure_html(element, name, f'{more}<p class="permalink"><b>Move it</b> {link}</p>', element["id"])


def value(tag):
    """Return a quantity with its scale in brackets.

    Examples
    --------
    >>> value(fragment("<dd>20 µm <small>tissue</small></dd>"))
    '20 µm (tissue)'
    """
    words, scale = tag.find(string=True).strip(), tag.find("small")
    return f"{words} ({plain(scale)})" if scale else words


def prediction(element):
    """Return the question that an interactive figure asks before it is moved, in the form of the chapter's own."""
    spec = spec_of(element)
    options = "".join(
        f'<div class="ms-option" data-right="{str(choice == spec["right"]).lower()}"><p>{escape(choice)}</p></div>'
        for choice in spec["choices"]
    )
    answer = f'<p class="ms-after">{escape(spec["answer"])}</p>'
    question = f"<p>{escape(spec['question'])}</p>{options}{answer}"
    return fragment(f'<mslib-question id="{element["id"]}-prediction">{question}</mslib-question>')


def name_figures(book):
    """Write the number of each figure where the page of all interactive figures links to it."""
    names = {
        f"{INSIDE}{page.name}#{figure['id']}": figure["data-label"]
        for page in book.pages
        for figure in page.article.find_all("figure", class_="figure")
    }
    galleries = (page.article.find("ul", class_="ms-gallery") for page in book.pages)
    for gallery in filter(None, galleries):
        for words in gallery.find_previous_siblings("p"):  # they speak of pictures to choose
            words.extract()
        for link in gallery.find_all("a"):
            link.insert(0, fragment(f"<b>{names[link['href']]}</b>"))
            link.b.insert_after(" ")
            link.find_next_sibling("small").insert_before(" ")


def number_questions(page, places):
    """Number the problems and predictions of a page.

    Parameters
    ----------
    page : Page
        The page, whose elements get their label.
    places : dict
        Gets for each id the pages and labels where the question stands.
    """
    counts = {"mslib-problem": 0, "mslib-question": 0}
    for found in page.article.find_all(QUESTIONS):
        counts[found.name] += 1
        kind = "Problem" if found.name == "mslib-problem" else "Prediction"
        found["data-label"] = label(kind, page, counts[found.name])
        places.setdefault(found["id"], []).append((page.name, found["data-label"]))


def move_answers(page, places):
    """Write the problems and predictions of a page as text, and gather what tells their answers.

    Parameters
    ----------
    page : Page
        The page; `Page.answers` is set if it is the first with one of its questions.
    places : dict
        For each id the pages and labels where the question stands.
    """
    answers = []
    for found in page.article.find_all(QUESTIONS):
        here = places[found["id"]]
        take = problem_answer if found.name == "mslib-problem" else prediction_answer
        answer = take(found)
        if here[0][0] == page.name:
            answers.append(answer_html(found, here, answer))
        write_question(found, here[0][0])
    for link in page.article.find_all("a", class_="ms-to-problem"):
        target, _, key = link["href"].removeprefix(INSIDE).partition("#")
        link.string = dict(places[key])[target]
    if answers:
        page.answers = fragment(f'<section id="answers"><h2>{ANSWERS}</h2>{"".join(answers)}</section>')


def problem_answer(problem):
    """Take the hints and solutions out of a problem; return them as HTML, each begun by its name."""
    problem.find("script").extract()
    steps = []
    for part in problem.find_all("section", class_="ms-part"):
        letter = part.p.find("strong")
        for number, step in enumerate(part.find_all("details")):
            name = fragment(f"<p><em>{plain(step.find('summary').extract())}.</em> </p>")
            if letter and not number:
                name.insert(0, f"{plain(letter)} ")
            text = step.find("p", recursive=False)
            name.extend(list(text.extract().contents) if text else [])
            steps.append(f'<div class="{step["class"][0]}">{name}{step.decode_contents().strip()}</div>')
            step.decompose()
    return "".join(steps)


def prediction_answer(question):
    """Take the verdicts out of a prediction; return them as HTML."""
    items = []
    for option in question.select(".ms-option"):
        says, right = option.select_one(".ms-says"), option["data-right"] == "true"
        mark = '<b class="right">✓ right</b> ' if right else ""
        words = says.extract().decode_contents() if says else ""
        items.append(f"<li>{mark}<em>{plain(option)}</em>{words}</li>")
    after = question.select_one(".ms-after")
    listed = f'<ol type="A" class="options">{"".join(items)}</ol>' if items else ""
    return listed + (str(after.extract()) if after else "")


def answer_html(question, here, answer):
    """Return the answer of a question under its name, which leads back to it."""
    links = ", ".join(f'<a href="{INSIDE}{page}#{question["id"]}">{name}</a>' for page, name in here)
    title = question.select_one(".ms-title")
    words = f" {title.decode_contents()}" if title else ""
    return f'<section class="answer" id="answer-{question["id"]}"><h3>{links}{words}</h3>{answer}</section>'


def write_question(question, home):
    """Replace an element that asks by a box with its text and a link to the answer."""
    items = "".join(f"<li>{option.decode_contents()}</li>" for option in question.select(".ms-option"))
    for option in question.select(".ms-option"):
        option.decompose()
    title = question.select_one(".ms-title")
    words = f" {title.extract().decode_contents()}" if title else ""
    kind = "problem" if question.name == "mslib-problem" else "prediction"
    told = "Hints and solution" if kind == "problem" else "Answer"
    listed = f'<ol type="A" class="options">{items}</ol>' if items else ""
    link = f'<p class="to-answer"><a href="{INSIDE}{home}#answer-{question["id"]}">{told}</a></p>'
    box = (
        f'<div class="question {kind}" id="{question["id"]}"><p class="name"><b>{question["data-label"]}</b>{words}</p>'
    )
    question.replace_with(fragment(f"{box}{question.decode_contents()}{listed}{link}</div>"))
