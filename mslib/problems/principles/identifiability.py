"""Problems on identifiability."""

import math

from mslib.principles.identifiability import Binding, Culture, Decay

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

WANTED = 0.05


def _pair_error(model):
    """Return the error of k from one sample at the start and one at t, with A unknown."""
    return model.sigma / (model.A * model.t) * math.sqrt(1.0 + math.exp(2.0 * model.k * model.t))


def _rounded_up(model):
    """Return the whole number of repetitions, where it can be told from the number before rounding."""
    exact = (_pair_error(model) / (WANTED * model.k)) ** 2
    return float(math.ceil(exact)) if math.ceil(exact) > 1.05 * exact else math.nan


def _ratio_error(model):
    """Return the relative error of K_d from the mean of n samples at equilibrium."""
    return model.sigma / math.sqrt(model.n) / (model.occupancy * (1.0 - model.occupancy))


def _late_start(model):
    """Return the relative error of K from counts at T/n, 2T/n, …, T, where it can be told from the right one."""
    times = [model.T * (number + 1) / model.n for number in range(model.n)]
    error = model.information(times).bounds[0] / model.K
    return error if abs(error / model.error_K - 1.0) > 0.03 else math.nan


guess_design = Question(
    key="guess-design",
    text="Receptors fill with ligand in about six minutes. One laboratory measures their occupancy eight times between minute 40 "
    "and minute 60, and repeats the whole experiment ten times. Another measures eight times in all, from minute 2 on. "
    "Which of the two knows the unbinding rate $k_{off}$ better?",
    options=(
        Option("The first: it has ten times as many data.", "All of its data say the same thing, the final occupancy, over and over."),
        Option("The second: it has seen the receptors fill.", "The speed of filling is written in the first minutes only. "
               "No number of late samples contains it.", right=True),
        Option("Both know it equally well.", "More data of the same kind reduce an error; they cannot supply what the design leaves out."),
    ),
)  # fmt: skip

one_sample = Problem(
    key="one-sample",
    title="What can the data tell you?",
    model=Decay(A=1.0, k=0.5, sigma=0.05, t=8.0),
    text="A signal falls as $A e^{-kt}$ with known $A$ = [[A]] and unknown $k$, which is thought to be about [[k]]. "
    "You may take one sample; a measurement has the standard deviation $\\sigma$ = [[sigma]].",
    vary={"A": (0.5, 3.0), "k": (0.2, 1.5), "sigma": (0.02, 0.1), "t": (3.0, 12.0)},
    fits=lambda m: 2.0 < m.k * m.t < 7.0,
    parts=(
        Part(
            key="a",
            text="When should you take it?",
            asks="best_time",
            unit="h",
            hints=("By how much does the signal change when $k$ changes a little?", "Maximise $|\\partial y/\\partial k| = A t e^{-kt}$ over $t$."),
            solution="The information on $k$ is $(\\partial y/\\partial k)^2/\\sigma^2 = (A t e^{-kt})^2/\\sigma^2$. "
            "Its derivative vanishes where $1 - kt = 0$: at $t = 1/k$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.t, "Later is not better: the signal that $k$ has shaped is gone by then."),
                Mistake(lambda m: 0.0, "At the start the signal is largest, but it does not depend on $k$ yet."),
                Mistake(lambda m: m.k, "That is $k$; a time is $1/k$."),
                Mistake(lambda m: math.log(2.0) / m.k, "That is the half-life. What has to be largest is $t e^{-kt}$."),
            ),
        ),
        Part(
            key="b",
            text="What is the standard deviation of $k$ then?",
            asks="best_error",
            unit="1/h",
            hints=("The error of $k$ is $\\sigma$ divided by $|\\partial y/\\partial k|$.",),
            solution="$\\sigma_k = \\sigma/(A t e^{-kt})$ at $t = 1/k$ is $e\\,k\\,\\sigma/A$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.sigma, "That is the error of the signal, not of $k$: divide it by the sensitivity."),
                Mistake(lambda m: m.k * m.sigma / m.A, "The factor $e$ is missing: at $t = 1/k$ the signal has fallen to $A/e$."),
                Mistake(lambda m: (math.e * m.k * m.sigma / m.A) ** 2, "That is the variance."),
            ),
        ),
        Part(
            key="c",
            text="And if the sample is taken at $t$ = [[t]]?",
            asks="error",
            unit="1/h",
            hints=("The same formula at another time.",),
            solution="$\\sigma_k = \\sigma/(A t e^{-kt})$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.sigma / (m.A * m.t), "You left out that the signal, and with it the sensitivity, has decayed."),
                Mistake(lambda m: m.sigma / m.A * math.exp(m.k * m.t), "You divided by $Ae^{-kt}$, but $\\partial y/\\partial k$ has a factor $t$ as well."),
                Mistake(lambda m: m.best_error, "That is the error at the best time."),
            ),
        ),
    ),
)  # fmt: skip

two_samples = Problem(
    key="two-samples",
    title="Two unknowns, two samples",
    model=Decay(A=2.0, k=0.4, sigma=0.06, t=3.0),
    text="Now $A$ is unknown as well; it is about [[A]], and $k$ is about [[k]]. You take one sample at the start and one at $t$ = [[t]], "
    "both with the standard deviation $\\sigma$ = [[sigma]].",
    vary={"A": (0.5, 3.0), "k": (0.2, 1.5), "sigma": (0.02, 0.1), "t": (1.0, 6.0)},
    fits=lambda m: 0.4 < m.k * m.t < 3.0,
    parts=(
        Part(
            key="a",
            text="What is the standard deviation of $k$?",
            asks=_pair_error,
            unit="1/h",
            hints=("Write $J$ with one row a sample and one column a parameter, and invert $J^T J/\\sigma^2$.",
                   "With two samples $k = \\ln(y_0/y_1)/t$ exactly; propagate both errors."),
            solution="The variance of $k = \\ln(y_0/y_1)/t$ is $(\\sigma^2/A^2 + \\sigma^2 e^{2kt}/A^2)/t^2$, "
            "so $\\sigma_k = \\frac{\\sigma}{A t}\\sqrt{1 + e^{2kt}}$ = [[answer]]; the inverse of the information says the same.",
            mistakes=(
                Mistake(lambda m: m.sigma * math.exp(m.k * m.t) / (m.A * m.t), "You took $A$ as known: the error of the first sample is missing."),
                Mistake(lambda m: _pair_error(m) ** 2, "That is the variance."),
                Mistake(lambda m: m.sigma / (m.A * m.t) * (1.0 + math.exp(m.k * m.t)), "Independent errors add as squares."),
            ),
        ),
        Part(
            key="b",
            text="How strongly are the estimates of $A$ and $k$ correlated (correlation coefficient)?",
            asks=lambda m: 1.0 / math.sqrt(1.0 + math.exp(2.0 * m.k * m.t)),
            unit="",
            hints=("An error of the first sample moves $A$ and $k$ together.", "The covariance of $A = y_0$ and $k = \\ln(y_0/y_1)/t$ is $\\sigma^2/(A t)$."),
            solution="The covariance is $\\sigma^2/(At)$; divided by $\\sigma\\,\\sigma_k$ it is $1/\\sqrt{1 + e^{2kt}}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: -1.0 / math.sqrt(1.0 + math.exp(2.0 * m.k * m.t)), "The sign: if the first sample is too high, both $A$ and $k$ come out too large."),
                Mistake(lambda m: 0.0, "Both estimates use the first sample, so they are not independent."),
                Mistake(lambda m: 1.0 / (1.0 + math.exp(2.0 * m.k * m.t)), "That is the square of it."),
            ),
        ),
        Part(
            key="c",
            text="How often must the pair of samples be repeated until $k$ is known to 5 per cent? (Give the number before rounding up.)",
            asks=lambda m: (_pair_error(m) / (WANTED * m.k)) ** 2,
            unit="",
            hints=("Information adds up over repetitions. How does the error fall with their number?",),
            solution="$R$ repetitions divide the error by $\\sqrt R$, so $R = (\\sigma_k/(0.05\\,k))^2$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: _pair_error(m) / (WANTED * m.k), "The error falls with the square root of the number of repetitions."),
                Mistake(_rounded_up, "Give the number before rounding up."),
                Mistake(lambda m: (_pair_error(m) / WANTED) ** 2, "You asked for an absolute error of 0.05 instead of 5 per cent of $k$."),
            ),
        ),
    ),
)  # fmt: skip

ratio_only = Problem(
    key="ratio-only",
    title="What the equilibrium hides",
    model=Binding(k_on=0.05, k_off=0.1, L=3.0, n=9, sigma=0.04),
    text="At the ligand concentration $L$ = [[L]] receptors have reached their equilibrium; the share $y$ = [[occupancy]] is bound. "
    "It was measured $n$ = [[n]] times with the standard deviation $\\sigma$ = [[sigma]]. Nothing was measured before.",
    vary={"k_on": (0.02, 0.2), "k_off": (0.02, 0.2), "L": (0.5, 8.0), "n": (4, 25), "sigma": (0.02, 0.08)},
    fits=lambda m: 0.25 < m.occupancy < 0.8 and abs(m.occupancy - 0.5) > 0.05,
    parts=(
        Part(
            key="a",
            text="What is the dissociation constant $K_d$?",
            asks="dissociation",
            unit="nM",
            hints=("Solve $y = L/(L + K_d)$ for $K_d$.",),
            solution="$K_d = L(1 - y)/y$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.L * m.occupancy / (1.0 - m.occupancy), "You turned the ratio round: more free receptors mean a larger $K_d$."),
                Mistake(lambda m: m.L * m.occupancy, "That is the share of the ligand, not $K_d$."),
            ),
        ),
        Part(
            key="b",
            text="To what relative error (standard deviation of $\\ln K_d$) is it known?",
            asks=_ratio_error,
            unit="",
            hints=("By how much does $y$ change when $\\ln K_d$ changes a little?", "$\\partial y/\\partial \\ln K_d = -y(1-y)$, and $n$ samples have $n$ times the information of one."),
            solution="The information on $\\ln K_d$ is $n\\,[y(1-y)]^2/\\sigma^2$, and its inverse root is $\\sigma/(\\sqrt n\\,y(1-y))$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.sigma / (m.occupancy * (1.0 - m.occupancy)), "That is the error from one sample."),
                Mistake(lambda m: m.sigma / math.sqrt(m.n), "That is the error of the mean occupancy; divide it by the sensitivity."),
                Mistake(lambda m: m.sigma / m.n / (m.occupancy * (1.0 - m.occupancy)), "Errors fall as $1/\\sqrt n$."),
            ),
        ),
        Part(
            key="c",
            text="A colleague proposes that $k_{off}$ is [[other]]. Which $k_{on}$ gives the same data?",
            asks=lambda m: 10.0 * m.k_on,
            unit="1/nM/min",
            let={"other": (lambda m: 10.0 * m.k_off, "1/min")},
            hints=("All that the data know is $k_{off}/k_{on}$.",),
            solution="Any pair with $k_{off}/k_{on} = K_d$ fits as well: $k_{on}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 10.0 * m.k_off * m.dissociation, "You multiplied by $K_d$ where you should divide."),
                Mistake(lambda m: 10.0 * m.k_off * m.occupancy / (1.0 - m.occupancy), "You left out the ligand: $y/(1-y) = L/K_d$, not $1/K_d$."),
            ),
        ),
    ),
)  # fmt: skip

early_counts = Problem(
    key="early-counts",
    title="The ceiling from below",
    model=Culture(N0=0.05, r=0.3, K=1.0, T=6.0, n=9, sigma=0.05),
    text="A culture grows as $N = K/(1 + (K/N_0 - 1)e^{-rt})$ from a known $N_0$ = [[N0]] (in units of about the capacity). "
    "It is counted $n$ = [[n]] times, at $0, T/(n-1), 2T/(n-1), \\ldots, T$ with $T$ = [[T]], each count with the relative error $\\sigma$ = [[sigma]] (the noise $\\sigma N$ is held fixed). "
    "Capacity and rate are unknown; they are in truth $K$ = [[K]] and $r$ = [[r]].",
    vary={"N0": (0.02, 0.1), "r": (0.2, 0.6), "T": (3.0, 15.0), "n": (6, 16), "sigma": (0.03, 0.1)},
    fits=lambda m: 0.1 < m.error_K < 3.0,
    parts=(
        Part(
            key="a",
            text="When does the culture grow fastest?",
            asks="midpoint",
            unit="h",
            hints=("A logistic curve is steepest at half of its capacity.",),
            solution="$N = K/2$ where $(K/N_0 - 1)e^{-rt} = 1$, at $t = \\ln(K/N_0 - 1)/r$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.log(2.0) / m.r, "That is the doubling time at the start."),
                Mistake(lambda m: 1.0 / m.r, "That is the time to grow by $e$ at the start."),
            ),
        ),
        Part(
            key="b",
            text="By how much, relative to $K$, is the capacity uncertain (Cramér–Rao bound, with $r$ unknown)? "
            "(This part wants a computer.)",
            asks="error_K",
            unit="",
            hints=("Differentiate the counts by $K$ and by $r$, numerically if you like.",
                   "Weight each count by $1/(\\sigma N)$, held fixed, form $J^TS^{-1}J$, and invert the matrix before taking the root."),
            solution="The inverse of the information has [[variance]] at the place of $K$; its root, divided by $K$, is [[answer]].",
            let={"variance": (lambda m: (m.error_K * m.K) ** 2, "")},
            mistakes=(
                Mistake(lambda m: float(m.information().matrix[0, 0]) ** -0.5 / m.K, "You inverted the entry instead of the matrix: that is the error if $r$ were known."),
                Mistake(lambda m: m.sigma / math.sqrt(m.n), "That would hold if every count were a measurement of $K$."),
                Mistake(lambda m: m.error_r, "That is the relative error of $r$."),
                Mistake(_late_start, "You counted at $T/n, 2T/n, \\ldots, T$. The first of the $n$ counts is taken at the start, where $N_0$ is known already."),
            ),
        ),
    ),
)  # fmt: skip
