"""Problems on stem cells."""

import math

from mslib.principles.stem_cells import MoranPool, RegulatedPool, StemCells, SynchronousPool

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

guess_colours = Question(
    key="guess-colours",
    text="Suppose that each of eleven thousand stem cells divides once in forty weeks on average. "
    "Seven divisions in ten leave one stem cell, and the others leave two or none equally often, so that the pool keeps its size. "
    "Today each cell receives a colour of its own, which its descendants inherit. How many of the colours are left after ten years?",
    options=(
        Option("All of them: the pool is balanced.",
               "Balanced is the mean. A single cell whose first symmetric division leaves no stem cell takes its colour with it."),
        Option("All but one in a hundred or so: chance averages out over thousands of cells.",
               "It averages out for the size of the pool. A colour begins with one cell, and for one cell nothing averages out."),
        Option("About a third.",
               "Each colour lives by the luck of few cells. Two thirds are gone, and the others have become three times as large.",
               right=True),
        Option("None.", "That takes far longer: the clones that are left are larger, and the larger a clone, the safer it is."),
    ),
)  # fmt: skip


def _ten_rounds(model):
    return SynchronousPool(p_s=model.p_s, p_a=model.p_a, rounds=10).ratio


balance_the_pool = Problem(
    key="balance-the-pool",
    title="Balancing the stem-cell pool",
    model=StemCells(N=10_000, p_s=0.25, p_a=0.60, T=30 / 7),
    text="A division of a stem cell is asymmetric with probability $p_a$ = [[p_a]]. "
    "Otherwise it leaves two stem cells (probability $p_s$) or two differentiating cells ($p_d$). "
    "The pool holds [[N]] stem cells, and each divides once every [[days]] on average.",
    vary={"p_s": (0.15, 0.45), "p_a": (0.3, 0.7), "N": (2000, 50_000), "T": (3.0, 12.0)},
    fits=lambda m: 0.06 <= m.imbalance <= 0.45,
    parts=(
        Part(
            key="a",
            text="Which $p_s$ keeps the pool at its size on average?",
            asks="balanced_p_s",
            unit="",
            hints=(
                "How many stem cells does a division leave on average? It must leave as many as it used up.",
                "The mean number is $2p_s + p_a$.",
            ),
            solution="A division uses up one stem cell and leaves $2p_s + 1\\cdot p_a + 0\\cdot p_d$. "
            "Setting this equal to one gives $p_s = (1 - p_a)/2$ = [[answer]]; then $p_d$ has the same value.",
            mistakes=(
                Mistake(lambda m: 1.0 - m.p_a,
                        "You gave all divisions that are not asymmetric to $p_s$. Half of them must be losses, $p_d$, "
                        "or the pool grows."),
                Mistake(lambda m: 1.0 - m.p_a / 2.0,
                        "You solved $2p_s + p_a = 2$. A division starts from one stem cell, so that it must leave one."),
                Mistake(lambda m: (1.0 - m.p_a) / 3.0,
                        "You shared what $p_a$ leaves among three. Two fates are left, $p_s$ and $p_d$."),
            ),
        ),
        Part(
            key="b",
            text="How many differentiating cells does the balanced pool make each day?",
            asks=lambda m: m.replace(p_s=m.balanced_p_s).differentiating,
            unit="1/d",
            hints=(
                "How many divisions are there each day, and how many differentiating cells does each leave on average?",
                "A division leaves two daughters. If one is a stem cell on average, what is the other?",
            ),
            solution="There are $N/T$ divisions a day. Each leaves $p_a + 2p_d$ differentiating cells, "
            "which is exactly one in a balanced pool, because two daughters less one stem cell is one. "
            "So $F = N/T$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: (1.0 - m.p_a) * m.N / m.days,
                        "You counted symmetric differentiation only, $2p_d$. An asymmetric division makes a differentiating cell too."),
                Mistake(lambda m: m.p_a * m.N / m.days,
                        "You counted asymmetric divisions only. A symmetric differentiation makes two cells at once."),
                Mistake(lambda m: 2.0 * m.N / m.days,
                        "You counted both daughters of every division. On average one of them stays a stem cell."),
            ),
        ),
        Part(
            key="c",
            text="A mutation raises $p_s$ to [[p_s]], while $p_a$ stays the same. "
            "Let all cells now divide *in step*, in rounds. How large is the mean pool after ten rounds, relative to its start?",
            asks=_ten_rounds,
            unit="",
            hints=(
                "By which factor does one round change the mean pool?",
                "Each round multiplies by the same factor $m = 2p_s + p_a$. What do ten rounds do?",
            ),
            solution="A round multiplies the mean pool by $m = 2p_s + p_a$ = [[renewal]], and ten rounds by "
            "$m^{10}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.renewal, "That is the factor of a single round. By what do ten of them multiply the pool?"),
                Mistake(lambda m: math.exp(10.0 * m.imbalance),
                        "You let the pool grow continuously, $e^{10(m-1)}$. In rounds nothing is compounded within a round: $m^{10}$."),
                Mistake(lambda m: 1.0 + 10.0 * m.imbalance,
                        "You added the same number each round. Each round adds a share of what is there by then."),
                Mistake(lambda m: (1.0 + m.p_s - m.balanced_p_s) ** 10,
                        "You counted the rise of $p_s$ once. It also lowers $p_d$, so that it counts twice: $m = 2p_s + p_a$."),
            ),
        ),
    ),
)  # fmt: skip


def _x(model):
    return model.turnover * model.t


lost_clones = Problem(
    key="lost-clones",
    title="Colours that disappear",
    model=MoranPool(N=11_000, p_a=0.6, T=35.0, t=15.0),
    text="In a large balanced pool the mean time between two divisions of a stem cell is $T$ = [[T]]s. It divides asymmetrically with probability $p_a$ = [[p_a]]; "
    "the other divisions leave two or no stem cells equally often. Each cell is marked with a colour of its own. "
    "A year has 52.18 weeks. Follow the colours for $t$ = [[t]].",
    vary={"p_a": (0.3, 0.85), "T": (20.0, 60.0), "t": (4.0, 30.0)},
    fits=lambda m: 0.4 < _x(m) < 12.0,
    parts=(
        Part(
            key="a",
            text="Which share of the colours is lost by then?",
            asks=lambda m: _x(m) / (1.0 + _x(m)),
            unit="",
            hints=(
                "Only symmetric divisions change the size of a clone. Which share $p_s$ of the divisions renews?",
                "Count the renewals $x = p_s t/T$ that a cell has had time for. If $q$ is the chance of being lost, $1/(1-q)$ "
                "is one at the start and grows by one with each of them.",
            ),
            solution="Here $p_s = (1 - p_a)/2$ = [[p_s]], and a cell renews symmetrically $x = p_s t/T$ = [[x]] times. "
            "The balanced birth–death process is extinct with probability $x/(1+x)$ = [[answer]].",
            let={"p_s": (lambda m: (1.0 - m.p_a) / 2.0, ""), "x": (_x, "")},
            mistakes=(
                Mistake(lambda m: -math.expm1(-_x(m)),
                        "You let cells only be lost, $1 - e^{-x}$. A clone that renews before its loss has more than one life."),
                Mistake(lambda m: _x(m) / (1.0 - m.p_a) * 2.0 / (1.0 + _x(m) / (1.0 - m.p_a) * 2.0),
                        "You counted every division. Asymmetric ones leave the clone as it is."),
                Mistake(lambda m: 1.0 / (1.0 + _x(m)), "That is the share that is left."),
                Mistake(lambda m: 2.0 * _x(m) / (1.0 + 2.0 * _x(m)),
                        "You used $1 - p_a$ for $p_s$. Half of the symmetric divisions renew, the other half are losses."),
            ),
        ),
        Part(
            key="b",
            text="How many stem cells does a colour that is left have on average?",
            asks=lambda m: 1.0 + _x(m),
            unit="",
            hints=("The mean over all colours, the lost ones included, stays at one cell. What follows for the others?",),
            solution="The mean over all colours is one: (share left) × (mean size of those left) = 1. "
            "The share left is $1/(1+x)$, so that the mean size is $1 + x$ = [[answer]].",
            mistakes=(
                Mistake(_x, "That is $x$, the number of renewals in this time. At $x = 0$ every colour still has its one cell."),
                Mistake(lambda m: 1.0, "That is the mean over all colours. You are asked for those that are left."),
                Mistake(lambda m: math.exp(_x(m)),
                        "You let the survivors grow exponentially. Luck makes them grow in proportion to time."),
                Mistake(lambda m: 1.0 + 2.0 * _x(m), "You used $1 - p_a$ for $p_s$."),
            ),
        ),
        Part(
            key="c",
            text="After how many years is half of the colours lost?",
            asks=lambda m: 1.0 / m.turnover,
            unit="yr",
            hints=("For which $x$ is $x/(1+x)$ one half?",),
            solution="$x/(1+x) = \\tfrac12$ at $x = 1$, hence $t = T/p_s$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.log(2.0) / m.turnover,
                        "You used the half-life of an exponential decay. The share left falls as $1/(1+x)$, not as $e^{-x}$."),
                Mistake(lambda m: 0.5 / m.turnover, "You used $1 - p_a$ for $p_s$: half of the symmetric divisions are losses."),
                Mistake(lambda m: (1.0 - m.p_a) / 2.0 / m.turnover,
                        "That is the time between two divisions of a cell. Not every division is symmetric."),
            ),
        ),
    ),
)  # fmt: skip

steered_pool = Problem(
    key="steered-pool",
    title="A pool that corrects itself",
    model=RegulatedPool(p_s=0.18, p_a=0.70, N_set=1000, h=2.0),
    text="A pool lowers its self-renewal as it grows: of the symmetric divisions a share $\\rho(N)$ renews, with odds "
    "$\\rho/(1-\\rho) = (p_s/p_d)\\,(N^*/N)^h$. "
    "The set point is $N^*$ = [[N_set]], the strength of the feedback $h$ = [[h]], and at the set point $p_s$ = [[p_s]] and "
    "$p_a$ = [[p_a]]. The mean time between two divisions of a cell is $T$ = [[T]]s.",
    vary={"p_s": (0.14, 0.3), "p_a": (0.5, 0.7), "N_set": (300, 5000), "h": (0.8, 5.0), "T": (20.0, 60.0)},
    fits=lambda m: 0.02 < m.imbalance < 0.3 and 1.1 < m.share / (1.0 - m.share) < 20.0,
    parts=(
        Part(
            key="a",
            text="At which size does the pool settle?",
            asks="steady",
            unit="",
            hints=("A pool at rest gains as many cells as it loses. Which share $\\rho$ does that need?",
                   "Set the odds equal to one and solve for $N$."),
            solution="At rest $\\rho = \\tfrac12$, so that the odds are one: $(N^*/N)^h = p_d/p_s$. "
            "With $p_d = 1 - p_s - p_a$ = [[p_d]] this gives $\\bar N = N^*(p_s/p_d)^{1/h}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.N_set,
                        "You took the set point for the resting point. There the fates are not balanced; the feedback needs "
                        "an offset to push against."),
                Mistake(lambda m: m.N_set * m.p_s / m.p_d,
                        "You left out the strength of the feedback. The odds fall as the power $h$ of the size."),
                Mistake(lambda m: m.N_set * (m.p_d / m.p_s) ** (1.0 / m.h),
                        "You solved the wrong way round. With a surplus of self-renewal the pool must be larger to hold it down."),
            ),
        ),
        Part(
            key="b",
            text="By which fraction of its mean does the pool fluctuate (standard deviation over mean)?",
            asks=lambda m: m.scatter / m.steady,
            unit="",
            hints=("Single gains and losses keep adding to the variance, and the feedback takes a share of it away. When do the two balance?",
                   "In the balance the variance is in proportion to the pool at rest, and inversely to the strength of the feedback."),
            solution="The standard deviation is $\\sqrt{\\bar N/h}$ = [[scatter]], which is $1/\\sqrt{h\\bar N}$ = [[answer]] of the mean.",
            mistakes=(
                Mistake(lambda m: 1.0 / m.steady**0.5 if m.h != 1.0 else math.nan,
                        "You left out the feedback: $1/\\sqrt N$ is the noise of independent counts."),
                Mistake(lambda m: (m.h / m.steady) ** 0.5,
                        "You let the feedback make the noise larger. A stronger pull keeps the pool closer."),
                Mistake(lambda m: 1.0 / (m.h * m.steady), "You forgot the square root."),
                Mistake(lambda m: m.scatter, "That is the standard deviation itself, in cells. Divide it by the mean."),
                Mistake(lambda m: (m.h * m.N_set) ** -0.5,
                        "You took the set point for the mean. The pool fluctuates about the size at which it settles, part (a)."),
            ),
        ),
        Part(
            key="c",
            text="How long is a small disturbance remembered (time in which it falls by the factor $e$)?",
            asks="memory",
            unit="yr",
            hints=("How fast does the surplus of gains over losses change with $\\ln N$ near rest?",
                   "Near $\\rho = \\tfrac12$ the share changes by $-h/4$ for each unit of $\\ln N$, and gains less losses by twice that."),
            solution="Gains less losses are $(1-p_a)(2\\rho - 1)/T$ for each cell. Near rest $2\\rho - 1 \\approx -\\tfrac h2\\,\\delta$, "
            "where $\\delta$ is the disturbance of $\\ln N$. "
            "So $\\delta$ decays at the rate $(1-p_a)h/(2T)$, and the memory is $2T/((1-p_a)h)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.memory / 2.0, "A factor of two is missing: the slope of $2\\rho - 1$ at rest is $-h/2$."),
                Mistake(lambda m: m.memory * (1.0 - m.p_a), "You counted asymmetric divisions; they cannot correct anything."),
                Mistake(lambda m: m.memory * m.h if abs(m.h - 1.0) > 0.05 else math.nan,
                        "You left out $h$. A stronger feedback forgets sooner."),
            ),
        ),
    ),
)  # fmt: skip

blood_supply = Problem(
    key="blood-supply",
    title="From a few stem cells to all the blood",
    model=StemCells(N=30_000, p_s=0.15, p_a=0.70, T=32.0, demand=2.4e11),
    text="A balanced pool of [[N]] stem cells, each of which divides once every [[days]], feeds the blood. "
    "The body makes red cells at the rate $P$ = [[demand]].",
    vary={"N": (5000, 200_000), "T": (25.0, 50.0), "demand": (1e11, 4e11)},
    parts=(
        Part(
            key="a",
            text="How many differentiating cells do the stem cells make each day?",
            asks=lambda m: m.replace(p_s=m.balanced_p_s).differentiating,
            unit="1/d",
            hints=("In a balanced pool, how many of the two daughters of a division differentiate on average?",),
            solution="One daughter of each division differentiates on average, and there are $N/T$ divisions a day: $F$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 2.0 * m.N / m.days, "You counted both daughters. One of them stays a stem cell on average."),
                Mistake(lambda m: m.N / m.T, "That is the number in a week."),
                Mistake(lambda m: m.N, "You let every stem cell divide each day."),
            ),
        ),
        Part(
            key="b",
            text="How many times must each of them double to make all these red cells?",
            asks=lambda m: m.replace(p_s=m.balanced_p_s).doublings,
            unit="",
            hints=("By which factor must the number of cells rise? How many doublings make that factor?",),
            solution="The number must rise by the factor $P/F$ = [[factor]], and "
            "$\\log_2$ of it is [[answer]].",
            let={"factor": (lambda m: m.demand / (m.N / m.days), "")},
            mistakes=(
                Mistake(lambda m: math.log(m.demand / (m.N / m.days)),
                        "You took the natural logarithm. A doubling is a factor of two: use the logarithm to base 2."),
                Mistake(lambda m: math.log10(m.demand / (m.N / m.days)), "You took the logarithm to base 10."),
                Mistake(lambda m: math.log2(m.demand / m.N), "You started from all stem cells instead of the differentiating cells of one day."),
            ),
        ),
        Part(
            key="c",
            text="Suppose that differentiating cells did not multiply at all. "
            "How often would each stem cell have to divide, that is, after how many milliseconds each time?",
            asks=lambda m: m.N / m.demand * 86_400e3,
            unit="ms",
            hints=("Each division would deliver one red cell. How many divisions a day must each stem cell make?",),
            solution="Each stem cell would have to divide $P/N$ = [[each]] times a day, that is every $N/P$ days, or [[answer]].",
            let={"each": (lambda m: m.demand / m.N, "")},
            mistakes=(
                Mistake(lambda m: m.N / m.demand * 86_400e3 / 24.0, "You converted days as if they were hours."),
                Mistake(lambda m: m.N / m.demand * 1440e3, "You converted days to minutes and then to thousandths of a minute."),
            ),
        ),
    ),
)  # fmt: skip
