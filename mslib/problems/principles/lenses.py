"""Problems on the choice of a description: counts, probabilities, concentrations, fields."""

import math

from mslib.principles.lenses import GeneSwitch, Grains, Replicator, Turnover

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

guess_lens = Question(
    key="guess-lens",
    text="A gene is on for one fifth of the time, in episodes that last far longer than a transcript lives. On average a "
    "cell holds 20 transcripts, and most cells hold none. A mutation doubles the transcription rate, so that "
    "the average becomes 40. What happens to the share of cells that hold none?",
    options=(
        Option("It becomes much smaller: with more molecules the average describes every cell better.",
               "That would be so if the molecules were made independently. Here they all wait for the same switch."),
        Option("It falls to one half.", "The number of molecules in a cell that has some doubles; "
               "that does not decide how many cells have none."),
        Option("It hardly changes.",
               "A cell is empty because its gene has been off for long, and the mutation does not touch the switch. "
               "More molecules do not make a slow gene less noisy.", right=True),
        Option("It doubles.", "Nothing makes a cell emptier when its gene works harder."),
    ),
)  # fmt: skip

pick_the_lens = Problem(
    key="pick-the-lens",
    title="Pick the lens",
    model=GeneSwitch(k_on=0.2, k_off=0.8, r=40.0, gamma=1.0),
    text="A promoter is switched on at [[k_on]] and off at [[k_off]]. While it is on, transcripts appear at [[r]]; each is "
    "lost at [[gamma]].",
    vary={"k_on": (0.05, 0.8), "k_off": (0.2, 1.6), "r": (4.0, 40.0)},
    parts=(
        Part(
            key="a",
            text="How many transcripts does a cell hold on average?",
            asks="mean",
            unit="",
            hints=("For what share of the time is the promoter on?", "In the steady state as many are made as are lost, on average."),
            solution="The promoter is on for the share $p = k_{on}/(k_{on} + k_{off})$ = [[share_on]] of the time. While on "
            "for long it would fill the cell with $r/\\gamma$ = [[plateau]] transcripts, so the mean is $p\\,r/\\gamma$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.plateau, "You left out the promoter: it is not on all the time."),
                Mistake(lambda m: m.plateau * m.k_on / m.k_off,
                        "$k_{on}/k_{off}$ is the ratio of on to off. The share of time on is $k_{on}/(k_{on}+k_{off})$."),
                Mistake(lambda m: m.plateau * (1 - m.share_on), "That is weighted with the share of time off."),
            ),
        ),
        Part(
            key="b",
            text="What is the Fano factor, variance over mean, of their number?",
            asks="fano",
            unit="",
            hints=("Given the state of the promoter the number is Poisson, which alone would make the factor one.",
                   "The switch adds $(r/\\gamma)(1-p)\\,\\gamma/(k_{on}+k_{off}+\\gamma)$: large if it is slow."),
            solution="$F = 1 + \\frac{r}{\\gamma}(1-p)\\frac{\\gamma}{k_{on}+k_{off}+\\gamma}$ = [[answer]]. The one is that of "
            "independent molecules; the rest comes from the switch that they share.",
            mistakes=(
                Mistake(lambda m: 1.0, "That is a Poisson law, for molecules that appear independently of each other. "
                        "These share one switch."),
                Mistake(lambda m: m.fano - 1.0, "You forgot the one that single molecules have even without a switch."),
                Mistake(lambda m: 1.0 + m.plateau * (1 - m.share_on),
                        "That is the factor for a switch that never moves during the life of a transcript. Include how "
                        "fast it is."),
            ),
        ),
        Part(
            key="c",
            text="In which share of the cells is there no transcript at all?",
            asks="empty",
            unit="",
            tolerance=0.02,
            hints=("The mean and the Fano factor do not decide this; it needs the whole law.",
                   "No simple formula gives it. Set the first explorer to these rates and read $P_0$, or solve the master "
                   "equation: `mslib.principles.lenses.GeneSwitch` does, or extend the matrix of the chapter."),
            solution="The exact law is a Poisson law whose mean $\\frac{r}{\\gamma}x$ is itself random, where $x$ follows a beta law with "
            "parameters $k_{on}/\\gamma$ and $k_{off}/\\gamma$. Hence $P_0 = \\langle e^{-rx/\\gamma}\\rangle$, which the master equation "
            "gives as [[answer]].",
            mistakes=(
                Mistake(lambda m: math.exp(-m.mean), "That is $e^{-\\langle m\\rangle}$, the empty share of a Poisson law. "
                        "Here cells are empty far more often, since the switch may be off."),
                Mistake(lambda m: 1 - m.share_on, "That is the share of cells whose promoter is off now. Some of them still "
                        "hold transcripts of the last episode, and some that are on hold none yet."),
            ),
        ),
    ),
    fits=lambda m: m.empty > 0.02 and abs(m.empty / (1 - m.share_on) - 1) > 0.06 and abs(m.fano - 2) > 0.15 and m.share_on < 0.47,
)  # fmt: skip

response_time = Problem(
    key="response-time",
    title="How fast can a cell change its mind?",
    model=Turnover(s=23100.0, delta=0.0231, fold=2.0),
    text="An enzyme is made at [[s]] and each molecule is lost at [[delta]]. A hormone suddenly multiplies its production by [[fold]].",
    vary={"s": (2000.0, 60000.0), "delta": (0.01, 0.2), "fold": (1.6, 3.8)},
    parts=(
        Part(
            key="a",
            text="How long does it take until half of the change has happened?",
            asks="response_time",
            unit="h",
            hints=("Write $dE/dt = s - \\delta E$. How does the distance to the new level shrink?",
                   "The distance falls as $e^{-\\delta t}$."),
            solution="The distance to the new level obeys $d(E_\\infty - E)/dt = -\\delta(E_\\infty - E)$ and falls as $e^{-\\delta t}$. "
            "It is halved after $\\ln 2/\\delta$ = [[answer]], whatever the production.",
            mistakes=(
                Mistake(lambda m: math.log(2) / m.delta / m.fold, "Production does not set the pace: the new level is "
                        "higher in the same proportion."),
                Mistake(lambda m: 1 / m.delta, "That is the mean life of a molecule, after which $1/e$ of the distance is left."),
                Mistake(lambda m: 0.5 / m.delta, "The approach is not a straight line; it slows down as the new level comes near."),
            ),
        ),
        Part(
            key="b",
            text="And until 95 % of the change has happened?",
            asks="time95",
            unit="h",
            hints=("Which share of the distance is left then?",),
            solution="Five hundredths of the distance are left when $e^{-\\delta t} = 1/20$, at $t = \\ln 20/\\delta$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 0.95 / 0.5 * math.log(2) / m.delta, "The second half takes longer than the first."),
                Mistake(lambda m: 3 / m.delta * math.log(2), "Three half-lives leave one eighth of the distance; "
                        "95 % needs a little more than four."),
                Mistake(lambda m: -math.log(0.95) / m.delta, "After that time 95 % of the distance is still left."),
            ),
        ),
        Part(
            key="c",
            text="Before the hormone came, by what coefficient of variation did the number of enzyme molecules differ between "
            "identical cells, in per cent, if nothing else varied?",
            asks=lambda m: 100.0 * m.cv,
            unit="%",
            hints=("Made one at a time at a constant rate and lost one at a time: which law?", "A Poisson law with mean $s/\\delta$."),
            solution="The counts are Poisson with mean $s/\\delta$ = [[level]], so $CV = 1/\\sqrt{s/\\delta}$ = [[answer]]. "
            "For such a number the rate equation is all one needs.",
            mistakes=(
                Mistake(lambda m: 100.0 / m.level, "You forgot the square root."),
                Mistake(lambda m: m.cv, "That is the fraction; the question asks for per cent."),
                Mistake(lambda m: 100.0 / math.sqrt(m.s), "The mean count is $s/\\delta$, not $s$."),
            ),
        ),
    ),
)  # fmt: skip

granular_signal = Problem(
    key="granular-signal",
    title="Is a cytokine an ocean?",
    model=Grains(C=10.0, edge=10.0),
    text="A signalling protein is dissolved at [[C]] in the fluid between cells. A cell takes up about the space of a cube with edge [[edge]].",
    vary={"C": (2.0, 60.0), "edge": (6.0, 25.0)},
    parts=(
        Part(
            key="a",
            text="How many molecules does a cube of that size hold on average, if it is filled with the fluid?",
            asks="count",
            unit="",
            hints=("1 pM is $10^{-12}$ mol in a litre.", "1 µm³ is $10^{-15}$ L; a mole is $6.022\\times10^{23}$ molecules."),
            solution="One picomolar makes $6.022\\times10^{-4}$ molecules in a cubic micrometre. "
            "With $\\ell$ = [[edge]] and $C$ = [[C]] this is $N = C\\,\\ell^3$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.count * 1e3, "1 µm³ is $10^{-15}$ L, and 1 pM is $10^{-12}$ M: you are a factor of a thousand too high."),
                Mistake(lambda m: m.count / m.edge, "A cube has the volume $\\ell^3$, not $\\ell^2$."),
                Mistake(lambda m: m.count / 1e3, "You are a factor of a thousand too low: check the litres in a cubic micrometre."),
            ),
        ),
        Part(
            key="b",
            text="What is the coefficient of variation of that number from one moment to another?",
            asks="cv",
            unit="",
            hints=("Molecules that move on their own are Poisson distributed.",),
            solution="$CV = 1/\\sqrt N$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1 / m.count, "That is $1/N$; the coefficient of variation is its root."),
                Mistake(lambda m: math.sqrt(m.count), "That is the standard deviation in molecules."),
            ),
        ),
        Part(
            key="c",
            text="How long must the edge of a cube be for its number to vary by no more than 1 %?",
            asks="edge_of_one_percent",
            unit="µm",
            hints=("How many molecules make $1/\\sqrt N = 0.01$?", "$N$ grows with the cube of the edge."),
            solution="$1/\\sqrt N = 0.01$ needs $N = 10^4$ molecules, and $\\ell = (N/C)^{1/3}$ = [[answer]]: many cells wide.",
            mistakes=(
                Mistake(lambda m: (1e2 / m.C / m.per_volume) ** (1 / 3), "One per cent needs ten thousand molecules, not a hundred."),
                Mistake(lambda m: math.sqrt(1e4 / m.C / m.per_volume), "The number grows with the third power of the edge."),
            ),
        ),
    ),
    fits=lambda m: abs(m.count - 1) > 0.3,
)  # fmt: skip

lost_line = Problem(
    key="lost-line",
    title="The mean grows, the line is lost",
    model=Replicator(b=1.0, d=0.5, n0=1, t=3.0),
    text="A single viral RNA enters a cell. Every copy is copied at [[b]] and destroyed at [[d]].",
    vary={"b": (0.7, 2.0), "d": (0.2, 0.6), "t": (1.0, 5.0)},
    parts=(
        Part(
            key="a",
            text="How many copies does the rate equation promise after [[t]]?",
            asks="mean",
            unit="",
            hints=("$dn/dt = (b - d)\\,n$.",),
            solution="$n = e^{(b-d)t}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.exp(m.b * m.t), "You left out the destruction."),
                Mistake(lambda m: 1 + (m.b - m.d) * m.t, "Growth in proportion to what is there is exponential."),
                Mistake(lambda m: math.exp((m.b + m.d) * m.t), "Destruction slows the growth: subtract it."),
            ),
        ),
        Part(
            key="b",
            text="With what probability is nothing left at all after [[t]]?",
            asks="extinct",
            unit="",
            hints=("Call it $q(t)$. Look at the first short time: nothing happens, or the copy is destroyed, or there are two, "
                   "which must both die out. That is the equation for $dq/dt$ under *Whether anything survives*.",
                   "Its right-hand side is $(1-q)(d-bq)$: separate the variables. (Or take small steps on a computer.)",
                   "$\\frac{b-d}{(1-q)(d-bq)} = \\frac{b}{d-bq} - \\frac{1}{1-q}$. Integrate each term from $q(0) = 0$ on."),
            solution="The equation $dq/dt = d - (b+d)q + bq^2 = (1-q)(d-bq)$ says that $\\ln\\frac{d-bq}{1-q}$ changes at the rate "
            "$d-b$. With $q(0) = 0$ and $g = e^{(b-d)t}$ this is $\\frac{d-bq}{1-q} = \\frac dg$, and solved for $q$ it is "
            "$q = d(g-1)/(bg-d)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.exp(-m.mean), "The count is not Poisson: the copies of one line share its fate."),
                Mistake(lambda m: 1 - math.exp(-m.d * m.t), "That is the probability that the first copy itself has been "
                        "destroyed. It may have left copies."),
                Mistake(lambda m: m.d / m.b, "That is the probability of dying out in the end, not by this time."),
            ),
        ),
        Part(
            key="c",
            text="With what probability does a cell in which three such RNAs have arrived hold a growing infection in the end?",
            asks=lambda m: 1.0 - (m.d / m.b) ** 3,
            unit="",
            hints=("In the end one line is lost with probability $d/b$.", "The three lines are independent: all three must be lost."),
            solution="One line is lost with $d/b$, three with $(d/b)^3$; so the cell is infected with probability "
            "$1 - (d/b)^3$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1 - m.d / m.b, "That is for one RNA."),
                Mistake(lambda m: (m.d / m.b) ** 3, "That is the probability that all lines are lost."),
                Mistake(lambda m: min(3 * (1 - m.d / m.b), 0.999), "Probabilities of independent chances do not add up."),
            ),
        ),
    ),
    fits=lambda m: m.d < 0.8 * m.b and abs(m.extinct / (m.d / m.b) - 1) > 0.05
    and abs(3 * (1 - m.d / m.b) / (1 - (m.d / m.b) ** 3) - 1) > 0.05 and 1 - (m.d / m.b) ** 3 < 0.985
    and abs(math.exp(-m.mean) / m.extinct - 1) > 0.05 and abs((1 - math.exp(-m.d * m.t)) / m.extinct - 1) > 0.05,
)  # fmt: skip
