"""Problems on averaging over noisy cells."""

import math

from mslib.principles.averaging import Pool, Response, Strip, Tissue, cells_needed

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

NEAR = 1.1
LARGER = 4.0
WHOLE = 1e-6
ROUND_UP = "Round up: cells come whole, and fewer would exceed the tolerance."
FEWER = "That is one cell too few: the tolerance is still exceeded. Cells come whole, so round up."

guess_cells = Question(
    key="guess-cells",
    text="The level of a protein differs between the cells of a tissue with a coefficient of variation of 14 %. "
    "What matters is the mean over the tissue, and it shall vary by no more than 1 %. "
    "How many cells does the tissue need?",
    options=(
        Option("About 14, if the cells vary independently.", "That would do if the scatter of a mean fell as 1/N. Chance deviations partly cancel, but only as 1/√N."),
        Option("About 200, even if the cells share a little of their noise.",
               "It is 14² for cells that vary independently. What they share stays, however little it is."),
        Option("About 200 if they share nothing; perhaps no number if they share a little.",
               "What cells share does not cancel: a correlation of one per cent puts a floor under the scatter of the mean.", right=True),
        Option("No number of cells: noisy cells make a noisy tissue, whatever they share.", "The means of many tissues differ far less than single cells do, as dice thrown by the hundred show."),
    ),
)  # fmt: skip

quiet_tissue = Problem(
    key="quiet-tissue",
    title="How many cells make a quiet tissue?",
    model=Tissue(mean=1000.0, fano=19.18, rho=0.01, tolerance=0.01),
    text="In each cell of a tissue a protein has a mean level of [[mean]] copies and a Fano factor of [[fano]]. "
    "The tissue answers to the mean over its cells.",
    vary={"mean": (300.0, 3000.0), "fano": (8.0, 60.0), "rho": (0.004, 0.05), "tolerance": (0.006, 0.02)},
    fits=lambda m: 40.0 < (m.cv_cell / m.tolerance) ** 2 < 3000.0 and m.floor > 1.05 * m.tolerance,
    parts=(
        Part(
            key="a",
            text="Suppose that the cells vary independently. How many are needed at least for a coefficient of variation of the mean "
            "of at most [[tolerance]]?",
            asks=lambda m: cells_needed(m.cv_cell, 0.0, m.tolerance),
            unit="",
            tolerance=WHOLE,
            hints=("First the coefficient of variation of one cell, from mean and Fano factor.",
                   "Variances of independent cells add; what does that make of the variance of their mean?"),
            solution="One cell has $CV_1 = \\sqrt{F/\\mu}$ = [[cv_cell]]. The mean of $N$ independent cells has $CV_1/\\sqrt N$, so "
            "$N \\ge (CV_1/CV^*)^2$, rounded up: [[answer]] cells.",
            mistakes=(
                Mistake(lambda m: (m.cv_cell / m.tolerance) ** 2, ROUND_UP),
                Mistake(lambda m: cells_needed(m.cv_cell, 0.0, m.tolerance) - 1, FEWER),
                Mistake(lambda m: math.ceil(m.cv_cell / m.tolerance),
                        "You divided the coefficients of variation. It is the variance of a mean that falls as $1/N$, so the ratio is to be squared."),
                Mistake(lambda m: math.ceil(1.0 / (m.mean * m.tolerance**2)),
                        "You took the levels to be Poisson. The Fano factor multiplies their variance."),
                Mistake(lambda m: math.ceil(1.0 / m.tolerance**2),
                        "That many cells would be needed if one cell had a coefficient of variation of one."),
            ),
        ),
        Part(
            key="b",
            text="In truth any two cells have the correlation coefficient [[rho]], because all of them feel the same hormone. "
            "Below which value can the coefficient of variation of the mean not fall, however large the tissue? (In per cent.)",
            asks=lambda m: 100.0 * m.floor,
            unit="%",
            hints=("Write the variance of a sum of $N$ terms. How many variances are there in it, and how many covariances?",
                   "The variance of the mean is $\\sigma^2[1 + (N-1)\\rho]/N$. Let $N$ grow."),
            solution="The variance of the mean is $\\sigma^2\\,[1 + (N-1)\\rho]/N \\to \\rho\\,\\sigma^2$, so that the coefficient of variation "
            "tends to $CV_1\\sqrt\\rho$ = [[answer]]. No number of cells meets the tolerance.",
            mistakes=(
                Mistake(lambda m: 0.0, "You let averaging remove all noise. It removes what the cells do not share."),
                Mistake(lambda m: 100.0 * m.cv_cell * m.rho,
                        "You multiplied by $\\rho$. The variance is multiplied by $\\rho$, the coefficient of variation by its root."),
                Mistake(lambda m: 100.0 * m.cv_cell**2 * m.rho, "That is the floor of $CV^2$; take its root."),
                Mistake(lambda m: 100.0 * m.cv_cell, "That is the coefficient of variation of one cell. What it does not share still cancels."),
            ),
        ),
        Part(
            key="c",
            text="How many independent cells would scatter as much in the mean as an endless tissue of these?",
            asks=lambda m: 1.0 / m.rho,
            unit="",
            hints=("Set $CV_1/\\sqrt N$ equal to the floor.",),
            solution="$CV_1/\\sqrt{N} = CV_1\\sqrt\\rho$ gives $N = 1/\\rho$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1.0 / m.rho**2, "You squared $\\rho$: it already belongs to the variance."),
                Mistake(lambda m: 1.0 / math.sqrt(m.rho), "You took the root of $\\rho$ once too often."),
                Mistake(lambda m: cells_needed(m.cv_cell, 0.0, m.tolerance),
                        "That is the number for the tolerance, which this tissue never meets."),
            ),
        ),
    ),
)  # fmt: skip

listening_pool = Problem(
    key="listening-pool",
    title="Is it worth while to listen to more neurons?",
    model=Tissue(mean=20.0, fano=1.5, rho=0.12, N=50),
    text="A brain area counts the spikes of [[N]] neurons, each of which fires [[mean]] spikes in the time at hand, with a Fano factor "
    "of [[fano]]. Any two of them have the correlation coefficient [[rho]].",
    vary={"mean": (10.0, 80.0), "fano": (1.0, 3.0), "rho": (0.05, 0.3), "N": (20.0, 200.0)},
    parts=(
        Part(
            key="a",
            text="What is the coefficient of variation of the mean count of all neurons?",
            asks="cv_tissue",
            unit="",
            hints=("What is the variance of a mean of $N$ correlated counts?",
                   "$CV^2(N) = \\frac{F}{\\mu}\\left(\\rho + \\frac{1-\\rho}{N}\\right)$."),
            solution="$CV(N) = CV_1\\sqrt{\\rho + (1-\\rho)/N}$ with $CV_1 = \\sqrt{F/\\mu}$ = [[cv_cell]], so [[answer]].",
            mistakes=(
                Mistake(lambda m: m.cv_cell / math.sqrt(m.N), "You took the neurons to be independent."),
                Mistake(lambda m: m.floor, "That is the floor, which would be reached with endlessly many neurons."),
                Mistake(lambda m: m.cv_tissue**2, "That is $CV^2$; take its root."),
            ),
        ),
        Part(
            key="b",
            text="To how many independent neurons do they amount?",
            asks="effective",
            unit="",
            hints=("Which $N$ gives independent neurons the same $CV$?", "$N_\\mathrm{eff} = N/[1 + (N-1)\\rho]$."),
            solution="$N_\\mathrm{eff} = N/[1 + (N-1)\\rho]$ = [[answer]], out of [[N]].",
            mistakes=(
                Mistake(lambda m: m.N * (1.0 - m.rho), "You took away the share $\\rho$ of the neurons. Correlation costs far more than that in a large pool."),
                Mistake(lambda m: 1.0 / m.rho, "That is the most that any number of them can amount to."),
                Mistake(lambda m: float(m.N), "Correlated neurons repeat in part what the others say."),
            ),
        ),
        Part(
            key="c",
            text="By what factor does the coefficient of variation fall if four times as many neurons are heard? "
            "(Give the new value divided by the old one.)",
            asks=lambda m: float(m.cv_at(LARGER * m.N) / m.cv_tissue),
            unit="",
            hints=("Only the part $(1-\\rho)/N$ changes.",),
            solution="The new value is $CV_1\\sqrt{\\rho + (1-\\rho)/(4N)}$; divided by the old one it is [[answer]]. Independent neurons "
            "would have given one half.",
            mistakes=(
                Mistake(lambda m: 0.5, "One half is for independent neurons."),
                Mistake(lambda m: 0.25, "One quarter would be the variance of independent neurons."),
                Mistake(lambda m: float(m.cv_at(LARGER * m.N) / m.cv_tissue) ** 2, "That is the factor of the variance."),
                Mistake(lambda m: float(m.cv_tissue / m.cv_at(LARGER * m.N)), "You divided the wrong way round."),
            ),
        ),
    ),
)  # fmt: skip

steep_response = Problem(
    key="steep-response",
    title="A steep response makes noise",
    model=Response(mean=1000.0, fano=19.18, K=1200.0, h=4.0, rho=0.0, tolerance=0.02),
    text="Each cell responds to its own protein level $x$ with $H(x) = x^h/(K^h + x^h)$, where $h$ = [[h]] and $K$ = [[K]]. "
    "The level has the mean [[mean]] and a coefficient of variation of [[cv_cell]]; the cells vary independently.",
    vary={"K": (700.0, 1500.0), "h": (2.0, 6.0), "fano": (2.0, 20.0), "tolerance": (0.01, 0.03)},
    fits=lambda m: m.cv_delta > 3.0 * m.tolerance and abs(m.gain - 1.0) > 0.1 and abs(m.response_of_mean - 0.5) > 0.05,
    parts=(
        Part(
            key="a",
            text="By how many per cent does the response change, to first order, when the level of a cell lies 1 % above the mean?",
            asks="gain",
            unit="%",
            hints=("Differentiate $\\ln H$ with respect to $\\ln x$.",
                   "$H = 1/(1 + (K/x)^h)$, so the gain is $h(1 - H)$ at the mean."),
            solution="The gain is $g = \\mathrm d\\ln H/\\mathrm d\\ln x = h\\,(1 - H(\\mu))$. With $H(\\mu)$ = [[response_of_mean]] "
            "it is [[answer]] for each per cent of the level.",
            mistakes=(
                Mistake(lambda m: m.h, "That is the gain far below $K$. Near $K$ and above it the response is saturating."),
                Mistake(lambda m: m.h * m.response_of_mean, "You multiplied by $H$ instead of $1 - H$: the gain falls as the response saturates."),
                Mistake(lambda m: 1.0, "A change of 1 % in the level need not be one of 1 % in the response: compare slopes on logarithmic axes."),
                Mistake(lambda m: m.gain * m.response_of_mean, "That is the change of $H$ itself, not in per cent of $H$."),
            ),
        ),
        Part(
            key="b",
            text="What is the coefficient of variation of the response of one cell, to first order?",
            asks="cv_delta",
            unit="",
            hints=("A relative deviation of the level is multiplied by the gain.",),
            solution="$CV_H \\approx g\\,CV_1$ = [[gain]] × [[cv_cell]] = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.cv_cell, "That is the noise of the level, before the response has magnified or softened it."),
                Mistake(lambda m: math.sqrt(m.gain) * m.cv_cell, "You multiplied the variance by the gain. The deviation is multiplied by it."),
                Mistake(lambda m: m.h * m.cv_cell, "You took the gain to be $h$, as it is far below $K$."),
                Mistake(lambda m: m.gain * m.cv_cell**2, "You used $CV_1^2$ for $CV_1$."),
            ),
        ),
        Part(
            key="c",
            text="Use the result of (b) with all its digits: how many cells are needed at least for the mean response to have a coefficient of variation of "
            "at most [[tolerance]]?",
            asks=lambda m: cells_needed(m.cv_delta, 0.0, m.tolerance),
            unit="",
            tolerance=WHOLE,
            hints=("The responses vary independently, as the levels do.",),
            let={"whole": (lambda m: cells_needed(m.cv_response, 0.0, m.tolerance), "")},
            solution="$N \\ge (g\\,CV_1/CV^*)^2$, rounded up: [[answer]]. Integrated over the whole law of the level, it takes [[whole]]: "
            "an error of the tangent counts twice in the number of cells.",
            mistakes=(
                Mistake(lambda m: (m.cv_delta / m.tolerance) ** 2, ROUND_UP),
                Mistake(lambda m: cells_needed(m.cv_delta, 0.0, m.tolerance) - 1,
                        "By the result of (b) that is one cell too few, even if the tangent is not good to one cell. Round up."),
                Mistake(lambda m: cells_needed(m.cv_cell, 0.0, m.tolerance), "You counted the cells for the level. The response has its own noise."),
                Mistake(lambda m: math.ceil(m.cv_delta / m.tolerance), "You forgot to square the ratio."),
                Mistake(lambda m: math.ceil(m.gain * (m.cv_cell / m.tolerance) ** 2), "You multiplied the variance by the gain instead of by its square."),
            ),
        ),
    ),
)  # fmt: skip

counted_agents = Problem(
    key="counted-agents",
    title="When are there enough for a continuum?",
    model=Pool(Omega=400.0, gamma=0.5, tolerance=0.03),
    text="Immune cells enter a lymph node at random and each leaves at random with the rate constant $\\gamma$ = [[gamma]]. "
    "There are [[Omega]] of them on average.",
    vary={"Omega": (60.0, 1500.0), "gamma": (0.05, 2.0), "tolerance": (0.006, 0.04)},
    fits=lambda m: m.needed > 1.5 * m.Omega,
    parts=(
        Part(
            key="a",
            text="What is the standard deviation of their number, in per cent of the mean?",
            asks=lambda m: 100.0 * m.sd,
            unit="%",
            hints=("Which law has the number of things that come at random and go at random, each for itself?",),
            solution="The number is Poisson with mean $\\Omega$, so its standard deviation is $\\sqrt\\Omega$, and over the mean "
            "$1/\\sqrt\\Omega$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 100.0 / m.Omega, "That is the squared coefficient of variation, $1/\\Omega$; take its root."),
                Mistake(lambda m: math.sqrt(m.Omega), "That is the standard deviation in cells. Divide it by the mean."),
                Mistake(lambda m: 100.0 * math.sqrt(2.0 / m.Omega),
                        "You added the noise of entering and that of leaving as if both stayed. While they last, fluctuations decay, which halves the variance."),
            ),
        ),
        Part(
            key="b",
            text="How many cells must there be on average for a standard deviation of at most [[tolerance]] of the mean?",
            asks=lambda m: m.tolerance**-2,
            unit="",
            tolerance=0.003,
            hints=("Solve $1/\\sqrt\\Omega = CV^*$.",),
            solution="$\\Omega^* = 1/CV^{*2}$ = [[answer]]. It is a mean, so it need not be whole.",
            mistakes=(
                Mistake(lambda m: math.ceil(1.0 / m.tolerance), "You let the fluctuations fall as $1/\\Omega$. They fall as $1/\\sqrt\\Omega$."),
                Mistake(lambda m: m.Omega * m.sd / m.tolerance, "You scaled the number by the ratio of the coefficients of variation; it is to be squared."),
                Mistake(lambda m: 1.0 / math.sqrt(m.tolerance), "You took a root where a square belongs."),
            ),
        ),
        Part(
            key="c",
            text="Two counts of the same node are nearly independent only if enough time lies between them. After which time has the "
            "correlation fallen to 5 %?",
            asks=lambda m: math.log(20.0) / m.gamma,
            unit="h",
            hints=("How does a deviation from the mean decay on average?", "The correlation is $e^{-\\gamma t}$."),
            solution="Each cell has left by then with the chance $1 - e^{-\\gamma t}$, and the correlation is $e^{-\\gamma t}$. "
            "Set it to 0.05: $t = \\ln 20/\\gamma$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1.0 / m.gamma, "By then the correlation has fallen to $1/e$, not to 5 %."),
                Mistake(lambda m: math.log10(20.0) / m.gamma, "You took the logarithm to base 10."),
                Mistake(lambda m: math.log(20.0) * m.gamma, "You multiplied by the rate constant; look at the units."),
            ),
        ),
    ),
)  # fmt: skip

wide_window = Problem(
    key="wide-window",
    title="How wide is a point of the continuum?",
    model=Strip(N=2000, L=1000.0, D=40.0, a=50.0, tolerance=0.08),
    text="On a strip of tissue, [[L]] long, whose ends are joined to a ring, [[N]] cells wander at random with the motility $D$ = [[D]]. A density is measured by "
    "counting the cells in a window.",
    vary={"N": (500.0, 4000.0), "L": (600.0, 3000.0), "D": (10.0, 100.0), "a": (20.0, 100.0), "tolerance": (0.04, 0.15)},
    fits=lambda m: 2.0 * m.a < m.L and 3.0 < m.N * m.tolerance**2 < 60.0,
    parts=(
        Part(
            key="a",
            text="What is the coefficient of variation of the number of cells in a window of [[a]]?",
            asks="cv",
            unit="",
            tolerance=0.005,
            hints=("Each cell is in the window with the chance $p = a/L$, independently. Which law has their number?",
                   "A binomial number has the variance $Np(1-p)$."),
            solution="With $p = a/L$ = [[share]] the number is binomial with mean $Np$ = [[count]], so "
            "$CV = \\sqrt{(1-p)/(Np)}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.cv**2, "That is $CV^2$; take its root."),
                Mistake(lambda m: 1.0 / math.sqrt(m.count),
                        "You took the number to be Poisson; with a fixed number of cells on the strip it is binomial."),
                Mistake(lambda m: 1.0 / math.sqrt(m.N), "You took the number on the whole strip. Only the cells in the window are counted."),
                Mistake(lambda m: math.sqrt(m.count * (1.0 - m.share)), "That is the standard deviation, in cells."),
            ),
        ),
        Part(
            key="b",
            text="How wide must the window be at least for a coefficient of variation of [[tolerance]]?",
            asks="window_needed",
            unit="µm",
            hints=("Solve $(1-p)/(Np) = CV^{*2}$ for $p$.", "Then $a = pL$."),
            solution="$1 - p = Np\\,CV^{*2}$, so $p = 1/(1 + N\\,CV^{*2})$ and $a^* = L/(1 + N\\,CV^{*2})$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.L / (m.N * m.tolerance**2),
                        "You took the number to be Poisson. No cell is made or lost here, so a wide window sees less noise than that."),
                Mistake(lambda m: m.L / (1.0 + m.N * m.tolerance), "You let the coefficient of variation fall as the inverse of the number, not of its root."),
                Mistake(lambda m: m.L / m.N, "That is the space that one cell has."),
            ),
        ),
        Part(
            key="c",
            text="The longest wave of density on the strip has the length $L$. How long does it live (until it has fallen by the factor e)?",
            asks="slowest",
            unit="min",
            hints=("A wave $\\cos(qx)$ decays with the rate $Dq^2$. What is $q$ of the longest wave?",),
            solution="On the ring $q = 2\\pi/L$, so $\\tau = 1/(Dq^2) = L^2/(4\\pi^2 D)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.L**2 / m.D, "You left out $4\\pi^2$: the wave number is $2\\pi/L$, not $1/L$."),
                Mistake(lambda m: m.L**2 / (math.pi**2 * m.D), "That is for a strip with two sealed ends. Here the ends are joined, and the longest wave is half as long."),
                Mistake(lambda m: m.L**2 / (2.0 * m.D), "That is the time in which a cell wanders as far as the strip is long. A wave needs far less to vanish."),
            ),
        ),
    ),
)  # fmt: skip
