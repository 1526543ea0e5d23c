"""Every problem and question of the bank, found by introspection, with 200 variants each."""

import math

import pytest

from mslib.problems import Mistake, Part, Problem, Question, all_problems
from mslib.problems.answers import WrongUnit, kind_of, read, readings
from mslib.problems.problem import PLACE
from mslib.units import registry, unit_name, unit_terms

BANK = all_problems()
STUDENTS = [f"student-{number}" for number in range(200)]


@pytest.fixture(scope="module")
def variants():
    return {key: [problem.variant(student) for student in STUDENTS] for key, problem in BANK.items()}


def parts():
    return [(problem, part) for problem in BANK.values() for part in problem.parts]


PARTS = pytest.mark.parametrize(("problem", "part"), parts(), ids=[f"{p.key}-{q.key}" for p, q in parts()])


@PARTS
def test_the_right_answer_passes_for_every_variant(problem, part, variants):
    for variant in [problem, *variants[problem.key]]:
        answer = variant.answer(part.key)
        assert math.isfinite(answer)
        assert variant.check(part.key, answer).right
        assert variant.check(part.key, f"{answer:.5g} {part.unit}").right


@PARTS
def test_no_mistake_passes_and_each_is_named(problem, part, variants):
    assert part.mistakes, "a part without a known mistake teaches nothing"
    for variant in [problem, *variants[problem.key]]:
        for mistake in part.mistakes:
            value = mistake.value(variant.model)
            verdict = variant.check(part.key, value)
            assert not verdict.right, f"{mistake.says} passes"
            if math.isfinite(value):
                assert verdict.kind == "mistake"
    told = [problem.check(part.key, mistake.value(problem.model)).says for mistake in part.mistakes]
    assert len(set(told)) == len(told), "two mistakes of the default variant have the same value"


@PARTS
def test_answers_differ_between_students(problem, part, variants):
    answers = {f"{variant.answer(part.key):.4g}" for variant in variants[problem.key]}
    numbers = {tuple(vars(variant.model).get(name) for name in problem.vary) for variant in variants[problem.key]}
    assert len(numbers) > 100, "the numbers repeat too often"
    assert len(answers) == 1 if part.universal else len(answers) > 20, "the answers repeat too often"


def spellings(unit):
    """Return ways to write a unit: as declared, as printed, and with a plain keyboard."""
    terms = unit_terms(unit)
    powers = " ".join(f"{symbol}^{power}" for symbol, power in terms)
    slashes = "1" + "".join(f"{'*' if power > 0 else '/'}{symbol}{abs(power)}" for symbol, power in terms)
    return {unit, unit_name(unit), powers.replace("µ", "u"), slashes if unit else "", slashes.replace("/", " per ")[1:]}


@PARTS
def test_units_convert_and_a_wrong_unit_is_named(problem, part):
    answer = problem.answer(part.key)
    for unit in spellings(part.unit):
        assert problem.check(part.key, f"{answer!r} {unit}").right, unit
    quantity = registry().Quantity(answer, part.unit or "dimensionless")
    assert problem.check(part.key, quantity).right
    wrong = "m" if kind_of(part.unit) == "a time" else "s"
    verdict = problem.check(part.key, f"{answer!r} {wrong}")
    assert (verdict.right, verdict.kind) == (False, "unit")
    assert f"{wrong} measures" in verdict.says


@PARTS
def test_texts_have_their_numbers_and_give_nothing_away(problem, part):
    page = problem.markdown()
    assert not PLACE.search(page)
    answer = problem._fill("[[answer]]", part)
    for told in (part.text, *part.hints, *(mistake.says for mistake in part.mistakes)):
        assert "[[answer]]" not in told
    assert "[[answer]]" in part.solution and answer in problem._fill(part.solution, part)
    assert part.hints


@pytest.mark.parametrize("problem", BANK.values(), ids=BANK)
def test_the_same_student_gets_the_same_numbers(problem):
    assert problem.variant("Ada ").model == problem.variant("ada").model
    with pytest.raises(ValueError, match="student"):
        problem.variant(" ")
    with pytest.raises(ValueError, match=f"{problem.key}.*'z'"):
        problem.check("z", 1.0)


def test_verdicts_on_answers_that_are_no_numbers_or_off_by_ten():
    problem = BANK["vein-width"]
    assert problem.check("a", "wide").kind == "number"
    assert problem.check("a", math.nan).kind == "number"
    assert problem.check("a", problem.answer("a") * 1000).kind == "scale"
    assert problem.check("a", "0,0277 mm").right
    assert problem.check("a", "2.77×10¹ µm").right
    assert problem.check("a", "12 parsnips").kind == "unit"
    assert problem.check("a", 3.3).kind == "wrong"
    assert "more digits" in problem.check("a", problem.answer("a") * 1.012).says
    assert "further off than by rounding" in problem.check("a", problem.answer("a") * 1.03).says
    assert problem.check("a", "3 9**9**9").kind == "unit"
    assert problem.check("a", "1×10^99999").kind == "number"


def test_a_fraction_for_per_cent_and_a_whole_number_that_is_not_rounded_are_named():
    flu, quiet = BANK["flu-reproduction"], BANK["quiet-tissue"]
    assert "per cent" in flu.check("b", flu.answer("b") / 100).says
    assert flu.check("b", f"{flu.answer('b'):.4g} %").right
    assert "which way to round" in quiet.check("a", quiet.answer("a") - 0.3).says
    assert "which way to round" not in quiet.check("a", quiet.answer("a") + 1.5).says


def test_plurals_counted_things_and_the_right_number_in_another_unit():
    lone = BANK["lone-bacterium"]
    part = next(part for part in lone.parts if part.unit == "min")
    seconds = lone.check(part.key, lone.answer(part.key) * 60)
    assert seconds.kind == "unit" and "right in s" in seconds.says and "wanted in min" in seconds.says
    assert lone.check(part.key, f"{lone.answer(part.key) / 60:.6g} hours").right
    assert read("12 cells", "") == 12.0 and read("3 weeks", "d") == pytest.approx(21.0)
    with pytest.raises(WrongUnit):
        read("12 cells", "d")


def test_reciprocal_units_and_grouped_thousands_are_read():
    for written in ("602.2 min⁻¹", "602.2 /min", "602.2 min^-1", "602.2 min-1", "602.2 1/min", "602.2"):
        assert read(written, "1/min") == 602.2
    assert read("4.3×10⁸ mL⁻¹", "1/mL") == pytest.approx(4.3e8)
    assert read("10⁹ 1/mL", "1/mL") == read("10^9", "1/mL") == pytest.approx(1e9)
    assert readings("2,675,000", "") == [2675000.0]
    assert readings("2 675 000", "") == [2675000.0]
    assert readings("1,962 ms", "ms") == [1962.0, 1.962]
    assert readings("−0,5", "") == [-0.5]
    assert readings("1,234.5", "") == [1234.5]


@pytest.mark.parametrize(
    ("written", "unit", "number"),
    [("28.8 mm/year", "mm/yr", 28.8), ("79 um/d", "mm/d", 0.079), ("1.82 um^2/s", "µm²/s", 1.82), ("3/4", "", 0.75),
     ("750 µm²/h", "µm²/min", 12.5), ("1/12 nM", "nM", 1 / 12), ("0.0129 per hour", "1/h", 0.0129),
     ("0.5 1/(nM min)", "1/nM/min", 0.5), ("30 nM⁻¹ h⁻¹", "1/nM/min", 0.5), ("5 1/(pM*µm**3)", "1/(pM*µm**3)", 5.0)],
)  # fmt: skip
def test_compound_units_and_fractions_are_read(written, unit, number):
    assert read(written, unit) == pytest.approx(number)


@pytest.mark.parametrize("written", ["5 m.s", "5 m^99", "5 __import__", "5 m/", "5 (m", "5 m**9**9"])
def test_what_is_no_unit_is_refused(written):
    with pytest.raises(WrongUnit, match="not a unit"):
        read(written, "m")


def test_an_impossible_problem_says_so():
    base = BANK["vein-width"]
    never = Part("a", "?", "width", "µm", ("Hint.",), "[[answer]]", (Mistake(lambda m: m.width, "same"),))
    with pytest.raises(RuntimeError, match="no well-posed variant"):
        Problem("never", "Never", base.model, "", {"D": (0.1, 1.0)}, (never,)).variant("ada")


def all_questions():
    import importlib
    import pkgutil

    import mslib.problems.principles as chapters

    modules = [
        importlib.import_module(f"{chapters.__name__}.{i.name}") for i in pkgutil.iter_modules(chapters.__path__)
    ]
    return [thing for module in modules for thing in vars(module).values() if isinstance(thing, Question)]


@pytest.mark.parametrize("question", all_questions(), ids=lambda q: q.key)
def test_every_option_of_a_question_has_its_word(question):
    for number, option in enumerate(question.options, 1):
        assert option.says in question.check(number)
        assert question.check(number).startswith("Right") == option.right
    with pytest.raises(ValueError, match="choice"):
        question.check(0)
