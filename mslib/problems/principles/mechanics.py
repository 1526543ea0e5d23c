"""Problems on the active strip."""

import math
from itertools import pairwise

from mslib.principles.mechanics import ActiveStrip, AnchoredStrip, TetheredStrip, TwoStiffnesses

from ..problem import Mistake, Part, Problem
from ..question import Option, Question


def _wrong_limits(model):
    """Return how much two halves would shorten if the right one had the signal of the left."""
    left = -math.expm1(-model.L / 2.0 / model.lam)
    return model.alpha * model.c0 * model.lam * left * (1.0 / model.E + 1.0 / model.E2)


def _wrong_weight(model):
    """Return how much two halves would shorten if half the length stood in the place of λ."""
    return -model.change * model.L / 2.0 / model.lam


def _told_apart(model):
    """Return whether the wrong answers on two halves differ enough to tell which mistake was made."""
    active = model.mean_active * model.L
    known = sorted([active / model.effective, active / model.E, _wrong_limits(model), _wrong_weight(model)])
    return all(high > 1.025 * low for low, high in pairwise(known))


guess_strip = Question(
    key="guess-strip",
    text="Calcium makes a strip of tissue contract. A free strip shortens by 40 µm; a strip held at both ends pulls with "
    "0.4 kPa. You tie one end to a spring that lets it shorten by 20 µm. With what stress does it pull?",
    options=(
        Option("0.4 kPa: the calcium has not changed.", "The calcium makes the same active stress. But a part of it is "
               "spent on compressing the tissue itself."),
        Option("0.2 kPa.", "Half the way, half the force: what the strip does in shortening it cannot do in pulling.", right=True),
        Option("0 kPa, because it moves.", "It has moved and now rests, at a spring that it holds stretched."),
        Option("0.8 kPa: force and shortening multiply to a constant.", "That would give unlimited force to a strip that is held."),
    ),
)  # fmt: skip

contracting_strip = Problem(
    key="contracting-strip",
    title="A contracting strip",
    model=ActiveStrip(alpha=2.0, E=10.0, c0=1.0, lam=200.0, L=1000.0),
    text="A strip of tissue has the length $L$ = [[L]] and the stiffness $E$ = [[E]]. Calcium, by $c = c_0 e^{-x/\\lambda}$ above rest with "
    "$c_0$ = [[c0]] and $\\lambda$ = [[lam]], adds the active stress $\\alpha c$ with $\\alpha$ = [[alpha]].",
    vary={"alpha": (1.0, 4.0), "E": (8.0, 40.0), "c0": (0.3, 1.5), "lam": (100.0, 400.0)},
    parts=(
        Part(
            key="a",
            text="One end is fixed, the other free. By how much does the strip shorten?",
            asks=lambda m: -m.change,
            unit="µm",
            hints=(
                "No force acts on the free end. What is the stress everywhere in the strip?",
                "From $0 = E\\varepsilon + \\alpha c$ follows the strain at each place. Add the strains up.",
            ),
            solution="Free, $\\sigma = 0$, so $\\varepsilon = -\\alpha c/E$. The change of length is the integral, "
            "$-\\frac{\\alpha c_0\\lambda}{E}(1 - e^{-L/\\lambda})$: the strip shortens by [[answer]].",
            mistakes=(
                Mistake(lambda m: m.change, "The sign: that is the change of length. It *shortens* by the positive amount."),
                Mistake(lambda m: m.alpha * m.c0 * m.L / m.E,
                        "You gave the whole strip the concentration of its left end."),
                Mistake(lambda m: m.alpha * m.c0 * m.L * math.exp(-m.L / 2 / m.lam) / m.E,
                        "You used the concentration in the middle for the mean. An exponential lies above that on average."),
                Mistake(lambda m: m.mean_active / m.E * m.lam,
                        "You multiplied the mean strain by $\\lambda$. All of the strip counts, so multiply by $L$."),
            ),
        ),
        Part(
            key="b",
            text="Both ends are fixed. With what stress does the strip pull at them?",
            asks="isometric",
            unit="kPa",
            hints=(
                "Now the length is given: the strains must add up to zero.",
                "Integrate $\\sigma = E\\varepsilon + \\alpha c$ over the strip, with $\\sigma$ the same everywhere.",
            ),
            solution="The stress is uniform and the strains cancel, so $\\sigma = \\alpha\\langle c\\rangle = "
            "\\alpha c_0 \\frac{\\lambda}{L}(1 - e^{-L/\\lambda})$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.alpha * m.c0, "You took the peak of the active stress. The ends feel its mean."),
                Mistake(lambda m: -m.change / m.L, "That is a strain. Multiply by the stiffness to get a stress."),
                Mistake(lambda m: m.alpha * m.c0 * math.exp(-m.L / m.lam),
                        "You took the active stress at the right end. The stress is the same everywhere, and it is the mean."),
            ),
        ),
    ),
)  # fmt: skip

tethered_strip = Problem(
    key="tethered-strip",
    title="A tissue between a wall and a post",
    model=TetheredStrip(alpha=2.0, E=10.0, lam=400.0, k_s=0.02),
    text="A strip of the length $L$ = [[L]] and the stiffness $E$ = [[E]] hangs between a wall and an elastic post. Its mean "
    "active stress is $\\alpha\\langle c\\rangle$ = [[mean_active]]. The post resists with $k_s$ = [[k_s]] for each micrometre "
    "by which the strip shortens.",
    vary={"alpha": (1.0, 4.0), "E": (8.0, 40.0), "lam": (200.0, 800.0), "k_s": (0.006, 0.06)},
    parts=(
        Part(
            key="a",
            text="By how much does the strip shorten?",
            asks="shortening",
            unit="µm",
            hints=(
                "The post and the strip bear the same stress.",
                "Averaged over the strip, $\\sigma = -E s/L + \\alpha\\langle c\\rangle$. And what does the post say about $\\sigma$?",
            ),
            solution="The strip says $\\sigma = \\alpha\\langle c\\rangle - E s/L$, the post $\\sigma = k_s s$. Together "
            "$s = \\alpha\\langle c\\rangle L/(E + k_s L)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.mean_active * m.L / m.E, "That is the shortening of a free strip. The post holds it back."),
                Mistake(lambda m: m.mean_active / m.k_s, "You let the post alone resist. The tissue has to be compressed as well."),
                Mistake(lambda m: m.mean_active * m.L / (m.E + m.k_s), "Stiffnesses add up only in the same unit: bring the post's to kPa."),
            ),
        ),
        Part(
            key="b",
            text="With what stress does it pull at the post?",
            asks="stress",
            unit="kPa",
            hints=("Use what the post says.",),
            solution="$\\sigma = k_s s$ with $s$ = [[shortening]]: [[answer]].",
            mistakes=(
                Mistake(lambda m: m.mean_active, "That is the stress between two walls. A post that yields gets less."),
                Mistake(lambda m: m.E * m.shortening / m.L, "That is the elastic stress that the shortening costs. What is left of the active stress?"),
            ),
        ),
    ),
)  # fmt: skip

two_halves = Problem(
    key="two-halves",
    title="A stiff scar",
    model=TwoStiffnesses(E=10.0, E2=40.0, lam=400.0),
    text="The left half of a strip of the length $L$ = [[L]] has the stiffness $E$ = [[E]]; the right half is a scar with "
    "$E_2$ = [[E2]]. Both hold the same signal $c = c_0e^{-x/\\lambda}$, with $c_0$ = [[c0]], $\\lambda$ = [[lam]] and $\\alpha$ = [[alpha]].",
    vary={"E": (8.0, 20.0), "E2": (40.0, 200.0), "lam": (250.0, 800.0), "c0": (0.4, 1.5)},
    fits=_told_apart,
    parts=(
        Part(
            key="a",
            text="What stiffness does somebody feel who pulls at the strip as a whole?",
            asks="effective",
            unit="kPa",
            hints=("The halves lie one after the other. Do their stiffnesses add up, or what they yield?",),
            solution="In series the strains add up under one stress: $1/E_{\\rm eff} = \\tfrac12(1/E + 1/E_2)$, so $E_{\\rm eff}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 0.5 * (m.E + m.E2), "You took the arithmetic mean, which holds for halves that lie side by side."),
                Mistake(lambda m: 1.0 / (1.0 / m.E + 1.0 / m.E2), "You added the compliances of two whole strips. Each is only half as long."),
                Mistake(lambda m: m.E, "The soft half yields most, but it is only half of the strip."),
            ),
        ),
        Part(
            key="b",
            text="By how much does the strip shorten if one end is free?",
            asks=lambda m: -m.change,
            unit="µm",
            hints=("Free, each place shortens by its own $\\alpha c/E$.", "Integrate the two halves apart."),
            solution="$s = \\alpha c_0\\lambda\\left[\\frac{1 - e^{-L/2\\lambda}}{E} + \\frac{e^{-L/2\\lambda} - e^{-L/\\lambda}}{E_2}\\right]$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.mean_active * m.L / m.effective,
                        "You divided the mean active stress by the effective stiffness. That works only if signal and stiffness "
                        "have nothing to do with each other; here the signal is strongest where the tissue is soft."),
                Mistake(lambda m: m.mean_active * m.L / m.E, "You gave the scar the stiffness of the healthy half."),
                Mistake(_wrong_limits, "You gave the scar the signal of the healthy half. Its integral runs from $L/2$ to $L$."),
                Mistake(_wrong_weight, "You multiplied by $L/2$, the length of a half. Integrating $e^{-x/\\lambda}$ brings the factor $\\lambda$."),
                Mistake(lambda m: m.change, "The sign: that is the change of length. It *shortens* by the positive amount."),
            ),
        ),
    ),
)  # fmt: skip

anchored_strip = Problem(
    key="anchored-strip",
    title="A sheet that sticks to its ground",
    model=AnchoredStrip(alpha=1.2, E=15.0, lam=2000.0, ell=60.0),
    text="A long sheet of cells, with $E$ = [[E]] and nearly uniform active stress $\\alpha c_0$ ($\\alpha$ = [[alpha]], $c_0$ = [[c0]]), "
    "sticks to a soft gel, which lets it move only within the length $\\ell_g$ = [[ell]] of a free edge.",
    vary={"alpha": (0.5, 3.0), "E": (8.0, 40.0), "c0": (0.3, 1.5), "ell": (30.0, 80.0)},
    fits=lambda m: m.alpha * m.c0 / m.E <= 0.1,
    parts=(
        Part(
            key="a",
            text="How far does the edge retract, if you take the active stress as uniform and the sheet as endless?",
            asks=lambda m: m.alpha * m.c0 * m.ell / m.E,
            unit="µm",
            hints=(
                "Solve $u'' = u/\\ell_g^2$ in a sheet that begins at $x = 0$.",
                "At the free edge the stress is zero: $E u'(0) + \\alpha c_0 = 0$.",
            ),
            solution="With uniform $c$ the balance is $u'' = u/\\ell_g^2$, so $u = u(0)\\,e^{-x/\\ell_g}$. At the edge "
            "$-E u(0)/\\ell_g + \\alpha c_0 = 0$ gives $u(0) = \\alpha c_0\\ell_g/E$ = [[answer]]. "
            "(The strain there, $-\\alpha c_0/E$, is a tenth at most; much more would be too much for the linear law.)",
            mistakes=(
                Mistake(lambda m: m.alpha * m.c0 * m.L / m.E / 2.0,
                        "You let half of the sheet move. The gel holds everything that is farther from the edge than a few $\\ell_g$."),
                Mistake(lambda m: m.alpha * m.c0 / m.E, "That is the strain at the edge. Which length goes with it?"),
                Mistake(lambda m: -m.alpha * m.c0 * m.ell / m.E,
                        "The sign: the sheet contracts, and its edge moves inwards. It *retracts* by the positive amount."),
                Mistake(lambda m: m.ell, "That is $\\ell_g$ itself, the length over which the sheet moves. How large is the strain there?"),
                Mistake(lambda m: m.alpha * m.c0 * m.ell, "Divide by the stiffness: stress times length is no length."),
            ),
        ),
        Part(
            key="b",
            text="What is the stress at the distance $2\\ell_g$ from the edge?",
            asks=lambda m: m.alpha * m.c0 * -math.expm1(-2.0),
            unit="kPa",
            hints=("Put your $u(x)$ into $\\sigma = E u' + \\alpha c_0$.",),
            solution="$\\sigma = \\alpha c_0(1 - e^{-x/\\ell_g})$, at $2\\ell_g$ that is [[answer]]: inside, the sheet is held and pulls nearly fully.",
            mistakes=(
                Mistake(lambda m: 0.0, "The stress vanishes at the free edge only. Farther in, the gel holds the sheet."),
                Mistake(lambda m: m.alpha * m.c0 * math.exp(-2.0), "That is the part that has been lost. The stress grows inwards."),
                Mistake(lambda m: m.alpha * m.c0, "Nearly: but at $2\\ell_g$ a part is still spent on the retraction."),
            ),
        ),
    ),
)  # fmt: skip
