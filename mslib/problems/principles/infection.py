"""Problems on viral load: bursting cells, clearance, treatment and re-infection."""

import math
from dataclasses import dataclass

from mslib.model import derived
from mslib.principles.infection import Infection, TargetCells, Treatment

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

HOURS = 24.0

guess_burst = Question(
    key="guess-burst",
    text="A mutant frees twice as many virions from every cell that bursts; cells burst and virions are "
         "cleared "
    "exactly as before. Nobody's cells are infected anew. When does the mutant's load peak?",
    options=(
        Option("In half the time.", "The load climbs twice as steeply, but it also has twice as far to "
                                    "climb."),
        Option("Earlier, but not by half.", "Every number in the curve doubles: no moment is favoured over "
                                            "another."),
        Option("At the same time.", "Doubling B doubles the load at every moment, so the summit is twice as "
                                    "high and "
               "stands where it stood.", right=True),
        Option("Later, because there is more to clear.", "Clearance removes a share of the virions per day, "
               "not a fixed number, so a larger load is cleared at a larger pace."),
    ),
)  # fmt: skip

viral_peak = Problem(
    key="viral-peak",
    title="The day of the peak",
    model=Infection(kL=0.8, kC=4.0, B=200, I0=100_000),
    text="[[I0]] cells are infected and no virus is free yet. Infected cells burst with the rate constant "
    "$k_L$ = [[kL]], each frees $B$ = [[B]] virions, and virions are cleared with $k_C$ = [[kC]]. "
    "No further cell is infected.",
    vary={"kL": (0.3, 2.0), "kC": (2.5, 12.0), "B": (50, 2000), "I0": (10_000, 1_000_000)},
    parts=(
        Part(
            key="a",
            text="How many hours after the start does the mean viral load peak?",
            asks=lambda m: HOURS * m.peak_time,
            unit="h",
            hints=(
                "At the peak the load neither rises nor falls: set $dV/dt = 0$.",
                "Differentiate $e^{-k_L t} - e^{-k_C t}$ and solve for $t$.",
            ),
            solution="$V$ is proportional to $e^{-k_L t} - e^{-k_C t}$, whose slope vanishes where "
            "$k_L e^{-k_L t} = k_C e^{-k_C t}$. So $t_{peak} = \\ln(k_C/k_L)/(k_C - k_L)$ = [[peak_time]], "
            "that is [[answer]].",
            mistakes=(
                Mistake(lambda m: HOURS / (m.kC - m.kL),
                        "You have $1/(k_C - k_L)$: the logarithm of the ratio of the rates is missing."),
                Mistake(lambda m: HOURS * math.log(m.kC / m.kL) / m.kC,
                        "You divided the logarithm by $k_C$; the two exponentials drift apart at the rate "
                        "$k_C - k_L$."),
                Mistake(lambda m: HOURS * math.log(2.0) / m.kL,
                        "That is the half-life of the infected cells. The peak comes when bursts and "
                        "clearance balance."),
                Mistake(lambda m: HOURS * math.log10(m.kC / m.kL) / (m.kC - m.kL),
                        "You took the logarithm to base 10. Undoing $e^{-kt}$ needs the natural logarithm."),
            ),
        ),
        Part(
            key="b",
            text="How many virions are free at the peak?",
            asks="peak_load",
            unit="",
            hints=(
                "At the peak clearance equals production: $k_C V = B k_L I$.",
                "How many cells are still infected at the time of the peak?",
            ),
            solution="At the peak $k_C V = B k_L I$, so $V_{peak} = B (k_L/k_C) I(t_{peak})$ with "
            "$I(t_{peak}) = I_0 e^{-k_L t_{peak}}$ = [[left]]. That makes [[answer]] virions.",
            let={"left": (lambda m: m.infected(m.peak_time), "")},
            mistakes=(
                Mistake(lambda m: m.B * m.I0,
                        "That is every virion that will ever be made. At no moment are all of them present."),
                Mistake(lambda m: m.threshold_load,
                        "You balanced clearance against the bursts of all the cells there were at the start. "
                        "By the time of the peak some have burst already."),
                Mistake(lambda m: m.B * m.infected(m.peak_time),
                        "You left out the ratio $k_L/k_C$: only a share of the cells burst in a virion's "
                        "lifetime."),
            ),
        ),
        Part(
            key="c",
            text="A mutant frees twice as many virions per burst and is alike in all else. How many hours after "
            "the start does its load peak?",
            asks=lambda m: HOURS * m.replace(B=2 * m.B).peak_time,
            unit="h",
            hints=("Which of the parameters are left in the formula for $t_{peak}$?",),
            solution="$B$ multiplies the whole curve and cancels when its slope is set to zero. The peak is twice "
            "as high and stays where it was, at [[answer]].",
            mistakes=(
                Mistake(lambda m: 2.0 * HOURS * m.peak_time,
                        "You doubled the time of the peak along with the burst size. The load doubles, the "
                        "time does not."),
                Mistake(lambda m: HOURS * m.peak_time / 2.0,
                        "You halved the time. Twice as many virions arrive, but the summit is twice as high "
                        "too."),
                Mistake(lambda m: HOURS * math.log(2.0 * m.kC / m.kL) / (m.kC - m.kL),
                        "You put the 2 into the logarithm. It holds the ratio of the rates only; $B$ has "
                        "cancelled."),
            ),
        ),
    ),
)  # fmt: skip

viral_threshold = Problem(
    key="viral-threshold",
    title="Too much virus for a peak",
    model=Infection(kL=1.0, kC=6.0, B=120, I0=20_000, V0=1.0e5),
    text="An infection is passed on with $V_0$ = [[V0]] free virions besides $I_0$ = [[I0]] infected cells. "
    "The cells burst with $k_L$ = [[kL]] and free $B$ = [[B]] virions each, cleared with $k_C$ = [[kC]]. "
    "No further cell is infected.",
    vary={"kL": (0.5, 2.0), "kC": (3.0, 15.0), "B": (50, 1000), "I0": (10_000, 100_000), "V0": (5e4, 1e6)},
    fits=lambda m: 0.1 < m.V0 / m.threshold_load < 0.8,
    parts=(
        Part(
            key="a",
            text="Above which number of free virions at the start would the load only fall, without any "
                 "peak?",
            asks="threshold_load",
            unit="",
            hints=("The load rises at first if production exceeds clearance at $t = 0$.",),
            solution="At the start $dV/dt = B k_L I_0 - k_C V_0$. It is positive only "
                     "below "
            "$V^* = B k_L I_0/k_C$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.B * m.I0,
                        "You compared with all virions that the cells hold. What counts is how fast they "
                        "come out, "
                        "$B k_L I_0$, against how fast virions go, $k_C V_0$."),
                Mistake(lambda m: m.B * m.I0 * m.kC / m.kL,
                        "Your ratio of rates is upside down: the faster the clearance, the fewer virions "
                        "balance the bursts."),
                Mistake(lambda m: m.replace(V0=0.0).peak_load,
                        "That is the peak load without an inoculum. It is lower, because cells are lost "
                        "before the peak."),
            ),
        ),
        Part(
            key="b",
            text="With the [[V0]] virions that are there, how many hours after the start does the load peak?",
            asks=lambda m: HOURS * m.peak_time,
            unit="h",
            hints=(
                "Write $V$ as a sum of two exponentials; what is the coefficient of $e^{-k_C t}$ now?",
                "Write $g = k_C - k_L$ for the gap of the rates and set the slope to zero: which value must $e^{gt}$ have?",
            ),
            solution="With $a = B k_L I_0/g$ and $g = k_C - k_L$, $V = a e^{-k_L t} - (a - V_0) e^{-k_C t}$. "
                     "Its slope "
            "vanishes at $t_{peak} = \\ln\\!\\left(1 + (1 - V_0/V^*)\\,g/k_L\\right)/g$ with $V^*$ = "
            "[[threshold_load]], "
            "which is [[answer]].",
            mistakes=(
                Mistake(lambda m: HOURS * m.replace(V0=0.0).peak_time,
                        "That is the peak time without free virus at the start. Virus that is there already "
                        "brings the balance of bursts and clearance forward."),
                Mistake(lambda m: HOURS * m.replace(V0=0.0).peak_time * (1.0 - m.V0 / m.threshold_load),
                        "You shortened the time in proportion to $1 - V_0/V^*$. That factor stands inside "
                        "the logarithm."),
            ),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class TreatedPatient(Treatment):
    """A patient under treatment, whose load can be given in words as copies per mL."""

    @derived("", "RNA copies in a millilitre before treatment", scale="organism", symbol="V₀ / mL⁻¹")
    def copies_per_ml(self):
        """The load before treatment as a pure number."""
        return self.V0


hiv_decay_rates = Problem(
    key="hiv-decay-rates",
    title="What a falling load tells",
    model=TreatedPatient(kL=0.49, kC=3.07, V0=1.0e5),
    text="A patient lives with a steady load of HIV, [[copies_per_ml]] RNA copies per mL of plasma. "
    "A perfect protease inhibitor is given. "
    "Infected cells are lost with $k_L$ = [[kL]] and virions are cleared with $k_C$ = [[kC]].",
    vary={"kL": (0.2, 1.0), "kC": (2.0, 25.0), "V0": (1e4, 1e6)},
    fits=lambda m: m.kC > 4.0 * m.kL,
    parts=(
        Part(
            key="a",
            text="After the first days, and for a week or two, the load halves at regular intervals. How long is such an interval?",
            asks="late_half_life",
            unit="d",
            hints=("Two steps in a row, one slow and one fast: which of them sets the pace in the end?",),
            solution="The fast exponential has died out after a few times $1/k_C$. What is left falls as "
                     "$e^{-k_L t}$, "
            "with the half-life $\\ln 2/k_L$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.log(2.0) / m.kC,
                        "That is the half-life of a virion. Virions come and go fast; their number follows "
                        "the cells."),
                Mistake(lambda m: 1.0 / m.kL,
                        "That is the mean life of an infected cell. The half-life is shorter by the factor "
                        "$\\ln 2$."),
                Mistake(lambda m: math.log(2.0) / (m.kL + m.kC),
                        "You added the rates, as for two ways to leave one state. Here one step follows the "
                        "other."),
                Mistake(lambda m: math.log(2.0) * (1.0 / m.kL + 1.0 / m.kC),
                        "You added the two half-lives. Mean times add up along a chain; the late slope shows "
                        "the slower step only."),
            ),
        ),
        Part(
            key="b",
            text="Before treatment production balanced clearance. How many virions a day were made in the "
                 "patient's "
            "[[fluid]] of extracellular fluid? A virion carries two RNA copies.",
            asks="production",
            unit="1/d",
            hints=(
                "In a steady state production equals clearance. Of virions: which rate constant?",
                "Turn copies per millilitre into virions in the whole fluid.",
            ),
            solution="Per millilitre $k_C V_0$ copies are cleared in a day, half as many virions. Times "
                     "[[fluid]] that is "
            "[[answer]].",
            mistakes=(
                Mistake(lambda m: m.production * m.kL / m.kC,
                        "You used the late slope $k_L$ for the clearance of virions, as the first estimates "
                        "had to do. "
                        "It gives a lower bound only."),
                Mistake(lambda m: m.production * m.copies,
                        "You counted RNA copies. Each virion carries two."),
                Mistake(lambda m: m.production / m.fluid,
                        "That is the production in one millilitre."),
            ),
        ),
    ),
)  # fmt: skip

patient_scatter = Problem(
    key="patient-scatter",
    title="Alike, and yet not alike",
    model=Infection(kL=1.0, kC=3.0, B=500, I0=50),
    text="Patients are alike in everything: [[I0]] infected cells at the start, $k_L$ = [[kL]], $k_C$ = "
         "[[kC]], "
    "$B$ = [[B]]. Since every cell bursts at its own moment, their loads at the mean peak time still differ, "
    "with a "
    "coefficient of variation of [[peak_scatter]].",
    vary={"kL": (0.5, 2.0), "kC": (2.0, 10.0), "B": (300, 5000), "I0": (20, 500)},
    parts=(
        Part(
            key="a",
            text="What is the coefficient of variation if nine times as many cells are infected at the "
                 "start?",
            asks=lambda m: m.replace(I0=9 * m.I0).peak_scatter,
            unit="",
            hints=("The load is a sum over independent cells. How do its mean and its standard deviation "
                   "grow?",),
            solution="Mean and variance both grow as the number of cells, so the coefficient of variation "
                     "falls as "
            "$1/\\sqrt{I_0}$: a third of [[peak_scatter]] is [[answer]].",
            mistakes=(
                Mistake(lambda m: m.peak_scatter / 9.0,
                        "You divided by 9. The standard deviation grows too, as the square root of the "
                        "number of cells."),
                Mistake(lambda m: 3.0 * m.peak_scatter,
                        "More cells average better, not worse: the relative scatter shrinks."),
            ),
        ),
        Part(
            key="b",
            text="And if, instead, each burst frees nine times as many virions?",
            asks=lambda m: m.replace(B=9 * m.B).peak_scatter,
            unit="",
            tolerance=0.02,
            hints=("Virions that leave one cell leave together. What is independent of what?",
                   "How do the mean and the standard deviation of the load depend on $B$, if $B$ is large?"),
            solution="The chance lies in the moments of the bursts, and their number is the same. Nine times "
                     "the "
            "virions per burst leave the scatter at [[answer]].",
            mistakes=(
                Mistake(lambda m: m.peak_scatter / 3.0,
                        "You took the virions for independent. Those of one cell come out together: "
                        "the independent things are the cells."),
                Mistake(lambda m: m.peak_scatter / 9.0,
                        "A larger burst scales the mean and the standard deviation alike."),
                Mistake(lambda m: 3.0 * m.peak_scatter,
                        "Larger bursts do make the load jump higher, but the mean rises by the same factor."),
            ),
        ),
    ),
)  # fmt: skip

flu_reproduction = Problem(
    key="flu-reproduction",
    title="One cell infects the next",
    model=TargetCells(beta=3.2e-5, p=0.01, c=5.0, delta=3.0),
    text="Influenza virus finds $T_0$ = [[T0]] target cells. It infects them with $\\beta$ = [[beta]], "
         "infected cells die "
    "with $\\delta$ = [[delta]], each raises the titre by $p$ = [[p]], and virus is cleared with $c$ = [[c]].",
    vary={"beta": (1e-5, 6e-5), "delta": (2.0, 6.0), "p": (0.006, 0.03), "c": (2.0, 8.0)},
    fits=lambda m: 1.5 < m.R0 < 60.0,
    parts=(
        Part(
            key="a",
            text="How many cells does one infected cell infect, as long as nearly all targets are left?",
            asks="R0",
            unit="",
            hints=(
                "How much virus does one cell make in its life of $1/\\delta$?",
                "How many cells does that virus infect before it is cleared?",
            ),
            solution="In its life of $1/\\delta$ a cell adds $p/\\delta$ to the titre. Each unit of it "
                     "infects cells at the rate "
            "$\\beta T_0$ for a time $1/c$. Together $R_0 = \\beta p T_0/(c\\,\\delta)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.beta * m.p * m.T0 / (m.c + m.delta),
                        "You added $c$ and $\\delta$. The cell's life and the virus's life follow each "
                        "other, so the two "
                        "mean times multiply."),
                Mistake(lambda m: m.beta * m.p * m.T0,
                        "That is not a pure number: it still has the unit d⁻². How long does the cell live, "
                        "and the virus?"),
                Mistake(lambda m: m.beta * m.p * m.T0 / m.delta**2,
                        "You used the cell's lifetime twice; the virus has its own, $1/c$."),
            ),
        ),
        Part(
            key="b",
            text="By what percentage must a drug lower $p$ so that the infection cannot grow at all?",
            asks=lambda m: 100.0 * (1.0 - 1.0 / m.R0),
            unit="%",
            hints=("The infection cannot grow if each infected cell infects at most one other.",),
            solution="$R_0$ is proportional to $p$ and must fall from [[R0]] to 1, so the drug must remove "
                     "the share "
            "$1 - 1/R_0$, which is [[answer]].",
            tolerance=0.005,
            mistakes=(
                Mistake(lambda m: 100.0 / m.R0,
                        "That is the share that may be left. The drug must remove the rest."),
                Mistake(lambda m: 100.0 * (m.R0 - 1.0),
                        "You have by how much $R_0$ exceeds 1, relative to 1. The drug lowers $p$ relative "
                        "to its own value."),
            ),
        ),
        Part(
            key="c",
            text="In how many hours does the titre double while it grows?",
            asks=lambda m: HOURS * math.log(2.0) / m.growth_rate,
            unit="h",
            hints=(
                "With $T = T_0$ the equations for $I$ and $V$ are linear: try $e^{rt}$ in both.",
                "Each equation gives the ratio of $I$ to $V$. Set the two ratios equal: that is a quadratic equation for $r$.",
                "The larger root is the growth rate. How long does $e^{rt}$ take to reach 2?",
            ),
            solution="$e^{rt}$ in both equations gives $(r+c)(r+\\delta) = \\beta p T_0$ with the positive "
                     "root "
            "$r$ = [[growth_rate]]. The titre doubles in $\\ln 2/r$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: HOURS * math.log(2.0) / ((m.R0 - 1.0) * m.delta),
                        "You let the virus act at once, $r = (R_0 - 1)\\delta$. It also takes the virus time "
                        "to find a cell."),
                Mistake(lambda m: HOURS / m.growth_rate,
                        "That is $1/r$, the time to grow $e$-fold. Doubling takes $\\ln 2$ of it."),
                Mistake(lambda m: HOURS * math.log(2.0) / math.sqrt(m.beta * m.p * m.T0),
                        "You left out the losses of cells and virus while they grow."),
            ),
        ),
    ),
)  # fmt: skip
