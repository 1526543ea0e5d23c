"""Problems on replicative senescence."""

import math

from scipy.special import ndtr, ndtri

from mslib.principles.senescence import Culture, Telomeres

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

BLUR = 600.0


def _gone(m):
    """Return how far the threshold has moved into the founders' distribution, in bp."""
    return m.L_crit + m.D * m.loss - m.L0


def _largest(m):
    """Return the median of the largest of N standard normal numbers."""
    return float(ndtri(0.5 ** (1.0 / m.N)))


def _resting(m):
    """Return the stopped cells, in units of 2^D cells per founder."""
    return (1.0 - m.stopped) * m.stopped_cells / (1.0 - m.stopped_cells)


def _depth(m):
    """Return how far the shortest of n ends lies below the mean of its cell, in the median cell, in bp."""
    return m.s * float(ndtri(0.5 ** (1.0 / m.n)))


guess_senescent = Question(
    key="guess-senescent",
    text="The founders of a culture have telomeres of 10 kb on average, with a standard deviation of 1.2 kb. "
    "Each division costs 75 bp, and a cell stops for good when its length falls below 5 kb. "
    "After 50 divisions 14.9 % of the founding lineages have stopped. What share of the cells in the dish has stopped?",
    options=(
        Option("More than 25 %, because stopped cells pile up.", "They do pile up, but no faster than their lineages "
               "grew before they stopped, while all others go on doubling."),
        Option("About 15 %, the same as of the lineages.", "That would hold if all lineages had equally many cells. "
               "How many has a lineage that stopped ten divisions ago, compared with one that did not?"),
        Option("Less than 5 %.", "A lineage that stopped ten divisions ago has a thousandth of the cells of one that "
               "still divides, so it hardly counts.", right=True),
        Option("None, because dividing cells outgrow them altogether.", "The lineages that stopped within the last "
               "division or two are still well represented."),
    ),
)  # fmt: skip

ageing_culture = Problem(
    key="ageing-culture",
    title="A culture of unequal founders",
    model=Culture(L0=10_000.0, sigma=1_000.0, loss=100.0, L_crit=5_000.0, D=40.0),
    text="The telomeres of the cells that found a culture are [[L0]] long on average; the lengths are normal with the "
    "standard deviation $\\sigma$ = [[sigma]]. Every division costs $\\Delta L$ = [[loss]], and a cell below "
    "$L_c$ = [[L_crit]] never divides again.",
    vary={"L0": (8_500.0, 12_000.0), "sigma": (600.0, 1_400.0), "loss": (60.0, 140.0),
          "L_crit": (4_000.0, 5_500.0), "D": (20.0, 70.0)},
    fits=lambda m: 0.02 < m.stopped < 0.4,
    parts=(
        Part(
            key="a",
            text="Which fraction of the founding lineages has stopped after [[D]] divisions?",
            asks="stopped",
            unit="",
            hints=("How long must a founder have been at the start if its lineage is to be at $L_c$ now?",
                   "By how many standard deviations does that length differ from the mean?"),
            solution="A lineage has stopped if it began below $L_c + D\\,\\Delta L$ = [[began]]. "
            "In standard deviations from the mean this is $z = (L_c + D\\,\\Delta L - L_0)/\\sigma$ = [[z]], so $f = \\Phi(z)$ = [[answer]].",
            let={"began": (lambda m: m.L_crit + m.D * m.loss, "bp"), "z": (lambda m: _gone(m) / m.sigma, "")},
            mistakes=(
                Mistake(lambda m: 1.0 - m.stopped,
                        "That is the fraction that still divides. Which lineages have stopped, those that began long or short?"),
                Mistake(lambda m: 0.0,
                        "You treated every cell as the average cell. Some founders begin much shorter and stop early."),
                Mistake(lambda m: float(ndtr(_gone(m) / m.sigma**2)),
                        "You divided by the variance. A distance is measured in standard deviations; the unit tells."),
                Mistake(lambda m: _gone(m) / m.sigma,
                        "That is the distance in standard deviations. $\\Phi$ turns it into a fraction: `scipy.stats.norm.cdf`."),
            ),
        ),
        Part(
            key="b",
            text="After how many divisions has half of the lineages stopped?",
            asks="D_half",
            unit="",
            hints=("Half of the founders began below the mean.", "How many divisions does a founder of average length complete?"),
            solution="$f = \\tfrac12$ when $L_c + D\\,\\Delta L = L_0$, so $D_{50} = (L_0 - L_c)/\\Delta L$ = [[answer]], "
            "whatever the spread.",
            mistakes=(
                Mistake(lambda m: m.L0 / m.loss,
                        "You let the telomeres run down to nothing. A cell stops at $L_c$ already."),
                Mistake(lambda m: m.D_half - m.D,
                        "You counted from now on. $D$ counts from the founding of the culture."),
                Mistake(lambda m: m.D_half + m.spread,
                        "You went one standard deviation beyond the mean; half of a normal distribution lies below its mean."),
            ),
        ),
        Part(
            key="c",
            text="And 97.7 % of them?",
            asks=lambda m: m.D_half + 2.0 * m.spread,
            unit="",
            hints=("How many standard deviations above the mean leave 2.3 % of a normal distribution? (`scipy.stats.norm.ppf` "
                   "is the inverse of $\\Phi$.)",
                   "Turn that length into divisions."),
            solution="97.7 % of a normal distribution lies below its mean plus two standard deviations. In divisions the "
            "standard deviation is $\\tau = \\sigma/\\Delta L$ = [[spread]], so $D = D_{50} + 2\\tau$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.D_half + m.spread, "One standard deviation leaves 15.9 % still dividing, not 2.3 %."),
                Mistake(lambda m: m.D_half - 2.0 * m.spread,
                        "You went to the short side. The lineages that stop last are those that began long."),
            ),
        ),
    ),
)  # fmt: skip

cells_in_the_dish = Problem(
    key="cells-in-the-dish",
    title="The cells in the dish",
    model=Culture(L0=9_500.0, sigma=1_000.0, loss=70.0, L_crit=5_000.0, D=50.0),
    text="A culture is founded by very many cells with $L_0$ = [[L0]], $\\sigma$ = [[sigma]], $\\Delta L$ = [[loss]] and "
    "$L_c$ = [[L_crit]]. It has gone through $D$ = [[D]] divisions. A lineage with room for "
    "$K = (L - L_c)/\\Delta L$ divisions has $2^{\\min(D, K)}$ cells.",
    vary={"L0": (9_000.0, 11_000.0), "sigma": (900.0, 1_300.0), "loss": (60.0, 90.0), "L_crit": (4_500.0, 5_500.0),
          "D": (40.0, 80.0)},
    fits=lambda m: 0.1 < m.stopped < 0.35 and m.stopped / m.stopped_cells > 4.0,
    parts=(
        Part(
            key="a",
            text="Which share of the cells in the dish has stopped?",
            asks="stopped_cells",
            unit="",
            tolerance=0.02,
            hints=("Count cells in units of $2^D$. What does a lineage that stopped after $k$ divisions contribute?",
                   "Integrate $2^{-(D-k)}$ over the normal density of $K$, from 0 to $D$, by `scipy.integrate.quad` as in the chapter or "
                   "by completing the square. Counting random founders is not exact enough.",
                   "Divide by the sum of stopped and dividing cells, not by the number of lineages."),
            solution="In units of $2^D$ cells per founder, $1 - f(D)$ = [[dividing]] still divide and "
            "$R = \\int_0^D 2^{-(D-k)} \\rho(k)\\,dk$ = [[resting]] have stopped, where $\\rho$ is the normal density with mean "
            "$D_{50}$ = [[D_half]] and standard deviation $\\tau$ = [[spread]]. So $g = R/(R + 1 - f)$ = [[answer]].",
            let={"dividing": (lambda m: 1.0 - m.stopped, ""), "resting": (_resting, "")},
            mistakes=(
                Mistake(lambda m: m.stopped,
                        "That is the fraction of the founding lineages. Lineages that stopped early have few cells."),
                Mistake(lambda m: m.stopped / (m.stopped + (1.0 - m.stopped) * 2.0**m.D),
                        "You left each stopped lineage with a single cell. It divided until it stopped."),
                Mistake(lambda m: _rule_of_thumb(m),
                        "That is the rule of thumb $h/(h + \\ln 2)$, which holds the density of rooms constant. "
                        "It rose during the last divisions; do the integral."),
                Mistake(_resting,
                        "That is $R$, the stopped cells per $2^D$. The cells present are not $2^D$ per founder any more: "
                        "which number do you have to compare with?"),
            ),
        ),
        Part(
            key="b",
            text="How many cells are there, as a fraction of what there would be had no lineage stopped?",
            asks=lambda m: (1.0 - m.stopped) / (1.0 - m.stopped_cells),
            unit="",
            tolerance=0.003,
            hints=("Without stopping there would be $2^D$ cells per founder.", "Add the dividing and the stopped cells of part (a)."),
            solution="The dividing cells make up $1 - f$ of $2^D$ and the fraction $1 - g$ of those present, so "
            "the cells present are $(1 - f)/(1 - g)$ = [[answer]] of $2^D$.",
            mistakes=(
                Mistake(lambda m: 1.0 - m.stopped, "Those are the dividing cells alone; the stopped ones are there as well."),
                Mistake(lambda m: 1.0 - m.stopped_cells, "That compares with the cells present, not with $2^D$."),
                Mistake(lambda m: m.stopped, "That is the fraction of the lineages that have stopped. How many cells are left, "
                        "dividing and stopped ones together?"),
                Mistake(lambda m: (m.stopped - m.stopped_cells) / (1.0 - m.stopped_cells),
                        "That is the fraction that is missing. The question asks for what is there."),
            ),
        ),
    ),
)  # fmt: skip


def _rule_of_thumb(m):
    y = (m.D - m.D_half) / m.spread
    hazard = math.exp(-(y**2) / 2.0) / math.sqrt(2.0 * math.pi) / m.spread / (1.0 - m.stopped)
    return hazard / (hazard + math.log(2.0))


outlived_by_few = Problem(
    key="outlived-by-few",
    title="Outlived by a few",
    model=Culture(L0=10_000.0, sigma=700.0, loss=80.0, L_crit=5_000.0, N=30_000),
    text="A culture is founded by $N$ = [[N]] cells with telomeres of [[L0]] on average and a standard deviation of "
    "[[sigma]]. Every division costs [[loss]], and cells below [[L_crit]] have stopped.",
    vary={"L0": (9_000.0, 11_000.0), "sigma": (400.0, 1_000.0), "loss": (50.0, 100.0), "L_crit": (4_500.0, 5_500.0),
          "N": (1_000, 10_000_000)},
    fits=lambda m: 5.0 < m.spread < 16.0,
    parts=(
        Part(
            key="a",
            text="After how many divisions would half of the cells present have stopped, if the culture were endless?",
            asks="D_half_cells",
            unit="",
            hints=("Half of the lineages have stopped at $D_{50}$. The cells are later, and the more so the larger the spread.",
                   "In the ratio of Mills' ratios, when are the two terms equal?"),
            solution="With $\\tau = \\sigma/\\Delta L$ = [[spread]] the two terms are equal at $y = \\tfrac12\\tau\\ln 2$, so "
            "$D^* = D_{50} + \\tfrac12\\tau^2\\ln 2$ = [[answer]], later than $D_{50}$ = [[D_half]] by [[delay]].",
            let={"delay": (lambda m: m.D_half_cells - m.D_half, "")},
            mistakes=(
                Mistake(lambda m: m.D_half, "Half of the *lineages* have stopped then. Those that go on have more cells."),
                Mistake(lambda m: m.D_half + m.spread * math.log(2.0) / 2.0, "The delay grows with the square of $\\tau$."),
                Mistake(lambda m: m.D_half + m.spread**2 / 2.0, "You forgot $\\ln 2$: cells double, they do not grow by $e$."),
                Mistake(lambda m: m.D_half + m.spread**2 * math.log(2.0), "The terms are equal half way, at $y = c/2$."),
            ),
        ),
        Part(
            key="b",
            text="How many divisions does the longest-lived of the $N$ founding lineages complete (the median over many such cultures)?",
            asks="D_last",
            unit="",
            hints=("The largest of $N$ independent numbers lies below $x$ if all of them do.",
                   "Solve $\\Phi(z)^N = \\tfrac12$; the inverse of $\\Phi$ is `scipy.stats.norm.ppf`."),
            solution="All $N$ lineages have stopped by $D$ with probability $f(D)^N$, which is one half where "
            "$f = 2^{-1/N}$, that is [[z]] standard deviations above the mean. So $D_{max} = D_{50} + z_N\\tau$ = [[answer]].",
            let={"z": (_largest, "")},
            mistakes=(
                Mistake(lambda m: m.D_95, "One lineage in twenty lives longer than that, and there are many."),
                Mistake(lambda m: m.D_half + m.spread / math.sqrt(m.N),
                        "$\\sigma/\\sqrt N$ is the uncertainty of the mean. The question is about the extreme."),
                Mistake(lambda m: m.D_half + math.log2(m.N),
                        "$\\log_2 N$ counts the doublings that make $N$ cells out of one. Here the $N$ cells are the founders: "
                        "how far out is the best of them?"),
                Mistake(lambda m: m.D_half + m.spread * math.log2(m.N),
                        "$\\log_2 N$ counts the doublings that make $N$ cells. Extremes of a normal distribution grow more slowly."),
            ),
        ),
        Part(
            key="c",
            text="Up to which standard deviation of the founders' lengths would such a culture reach the point of (a) before (b)?",
            asks=lambda m: 2.0 * _largest(m) * m.loss / math.log(2.0),
            unit="bp",
            hints=("Set $D^* = D_{max}$ and solve for $\\tau$.", "Turn $\\tau$ back into a length."),
            solution="$\\tfrac12\\tau^2\\ln 2 = z_N\\tau$ gives $\\tau = 2 z_N/\\ln 2$ = [[tau]], so "
            "$\\sigma = \\tau\\,\\Delta L$ = [[answer]].",
            let={"tau": (lambda m: 2.0 * _largest(m) / math.log(2.0), "")},
            mistakes=(
                Mistake(lambda m: _largest(m) * m.loss, "That takes the delay of (a) to be $\\tau^2$; two factors are missing."),
                Mistake(lambda m: 2.0 * m.loss / math.log(2.0),
                        "There the delay of (a) is one $\\tau$. The longest-lived lineage lies several $\\tau$ beyond $D_{50}$."),
                Mistake(lambda m: 2.0 * _largest(m) * m.loss, "You lost the $\\ln 2$ on the way."),
                Mistake(lambda m: _largest(m) * m.loss / math.log(2.0), "You lost the factor ½ of the delay on the way."),
            ),
        ),
    ),
)  # fmt: skip

loss_from_slope = Problem(
    key="loss-from-slope",
    title="Reading the clock from outside",
    model=Culture(L0=9_000.0, sigma=900.0, loss=100.0, L_crit=5_000.0),
    text="Clones are grown from single cells until they stop. No one has watched their telomeres shorten; only the "
    "length at the start and the number of doublings to the end are known.",
    vary={"L0": (8_000.0, 11_000.0), "sigma": (700.0, 1_400.0), "loss": (50.0, 150.0), "L_crit": (4_000.0, 6_000.0)},
    fits=lambda m: m.D_half > 20.0,
    parts=(
        Part(
            key="a",
            text="A clone that starts one kilobase longer completes [[slope]] more doublings. How much is lost per division?",
            asks="loss",
            unit="bp",
            let={"slope": (lambda m: 1_000.0 / m.loss, "")},
            hints=("The room of a clone is $K = (L - L_c)/\\Delta L$. What is the slope of $K$ against $L$?",),
            solution="The slope of $K = (L - L_c)/\\Delta L$ is $1/\\Delta L$. One kilobase buys [[slope]] doublings, "
            "so each costs [[answer]].",
            mistakes=(
                Mistake(lambda m: 1_000.0 / m.loss, "That is the slope, in doublings per kilobase. Its inverse is the loss."),
                Mistake(lambda m: 500.0 / m.loss, "Each daughter loses the same length; do not share the loss between them."),
            ),
        ),
        Part(
            key="b",
            text="The average clone starts at [[L0]] and stops after [[D_half]] doublings. At which length does it stop?",
            asks="L_crit",
            unit="bp",
            hints=("Use the loss of part (a).", "What is left after that many divisions?"),
            solution="$L_c = L_0 - D_{50}\\,\\Delta L$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.L0 - m.L_crit, "That is what the clone has lost. How much is left?"),
                Mistake(lambda m: m.L0, "The average clone starts with that; it has shortened since."),
            ),
        ),
        Part(
            key="c",
            text="True lengths of the clones spread by [[sigma]], but each measured length carries an independent error with a "
            "standard deviation of 600 bp. Which loss per division does the slope of doublings against *measured* length seem to give?",
            asks=lambda m: m.loss * (1.0 + (BLUR / m.sigma) ** 2),
            unit="bp",
            hints=("A regression slope is the covariance over the variance of what stands on the horizontal axis.",
                   "The error adds to the variance but not to the covariance."),
            solution="The covariance stays, the variance grows from $\\sigma^2$ to $\\sigma^2 + \\delta^2$, so the slope falls "
            "by $\\sigma^2/(\\sigma^2 + \\delta^2)$ and the loss seems to be "
            "$\\Delta L\\,(1 + \\delta^2/\\sigma^2)$ = [[answer]] instead of [[loss]].",
            mistakes=(
                Mistake(lambda m: m.loss, "Errors on the horizontal axis do not cancel: they flatten the slope."),
                Mistake(lambda m: m.loss / (1.0 + (BLUR / m.sigma) ** 2),
                        "The flattening is of the slope. The loss is its inverse."),
                Mistake(lambda m: m.loss * math.sqrt(1.0 + (BLUR / m.sigma) ** 2),
                        "Compare variances, not standard deviations."),
                Mistake(lambda m: m.loss * (1.0 + BLUR / m.sigma),
                        "You added standard deviations. Of independent errors the variances add."),
            ),
        ),
    ),
)  # fmt: skip

shortest_end = Problem(
    key="shortest-end",
    title="The shortest of many ends",
    model=Telomeres(L0=10_000.0, sigma=0.0, s=1_200.0, loss=75.0, p=1.0, L_crit=1_500.0, n=92),
    text="A cell has $n$ = [[n]] chromosome ends. Their lengths are normal and independent, with the mean [[L0]] and the "
    "standard deviation $s$ = [[s]]. Every division takes [[loss]] off every end, and the cell stops as soon as one end is "
    "shorter than [[L_crit]].",
    vary={"L0": (9_000.0, 12_000.0), "s": (800.0, 1_600.0), "loss": (50.0, 110.0), "L_crit": (500.0, 2_000.0), "n": (20, 92)},
    fits=lambda m: m.L0 - m.L_crit - _depth(m) > 25.0 * m.loss,
    parts=(
        Part(
            key="a",
            text="How far below the cell's mean lies its shortest end (the median over many cells)?",
            asks=_depth,
            unit="bp",
            hints=("The shortest end is longer than $x$ if all $n$ are.", "Solve $(1 - \\Phi(-z))^n = \\tfrac12$ for $z$."),
            solution="All ends are longer than the mean minus $z s$ with probability $\\Phi(z)^n$. This is one half at "
            "$z$ = [[z]], so the shortest end lies $z s$ = [[answer]] below the mean.",
            let={"z": (lambda m: _depth(m) / m.s, "")},
            mistakes=(
                Mistake(lambda m: m.s, "That is how far a *typical* end lies from the mean. With many ends, one is worse."),
                Mistake(lambda m: m.s / math.sqrt(m.n), "$s/\\sqrt n$ is the scatter of the mean of the ends, not of the shortest."),
                Mistake(lambda m: m.s * m.n ** 0.5, "Extremes of a normal distribution grow much more slowly than $\\sqrt n$."),
            ),
        ),
        Part(
            key="b",
            text="What is the mean length of its ends when such a cell stops?",
            asks=lambda m: m.L_crit + _depth(m),
            unit="bp",
            hints=("The scatter does not change when all ends lose the same.",),
            solution="When the shortest end reaches [[L_crit]], the mean is still [[depth]] longer: [[answer]]. "
            "A model of mean lengths must use this as its $L_c$.",
            let={"depth": (_depth, "bp")},
            mistakes=(
                Mistake(lambda m: m.L_crit, "That is the length of the *shortest* end. The mean is longer."),
                Mistake(lambda m: m.L0 - _depth(m), "That is the shortest end at the start."),
            ),
        ),
        Part(
            key="c",
            text="For how many divisions is there room?",
            asks=lambda m: (m.L0 - m.L_crit - _depth(m)) / m.loss,
            unit="",
            tolerance=0.02,
            hints=("Which length is used up, from the start to the stop of the shortest end?",),
            solution="The mean falls from [[L0]] to the length of part (b), by [[loss]] a division: [[answer]] divisions "
            "(a real cell stops at the next whole one).",
            mistakes=(
                Mistake(lambda m: (m.L0 - m.L_crit) / m.loss, "That is the room of an average end; the shortest one decides."),
                Mistake(lambda m: (m.L_crit + _depth(m)) / m.loss,
                        "You divided the mean length at the *stop*. What is used up is the difference from the start to the stop."),
            ),
        ),
    ),
)  # fmt: skip
