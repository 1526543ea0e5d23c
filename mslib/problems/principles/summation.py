"""Problems on summation: unreliable synapses, whole vesicles, leaks and pools that run out."""

import math

from mslib.principles.summation import LeakySynapse, Synapse, VesiclePool

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

guess_leak = Question(
    key="guess-leak",
    text="A neuron needs thirty vesicles, 0.5 mV each, to reach its threshold. An impulse reaches its synapse every 5 ms and "
    "releases a vesicle three times out of ten. The membrane forgets: every 20 ms a rise shrinks by a factor e. "
    "When does the neuron fire, compared with a membrane that forgets nothing?",
    options=(
        Option(
            "A few milliseconds later.",
            "In the half second that thirty vesicles take, the membrane forgets twenty-five times over.",
        ),
        Option(
            "About twice as late.",
            "What is forgotten in 20 ms has to be replaced in 20 ms; that is a limit to the height, not a delay.",
        ),
        Option(
            "Never on average, but by luck it does.",
            "That happens where the mean stays just below the threshold. Here even the best of luck is not enough.",
        ),
        Option(
            "Never, not even if every impulse released a vesicle.",
            "With a release at every impulse, each rise of 0.5 mV meets the remains of the ones before, and these add up to "
            "little more than 2 mV.",
            right=True,
        ),
    ),
)

waiting_for_vesicles = Problem(
    key="waiting-for-vesicles",
    title="Waiting for enough vesicles",
    model=Synapse(V_rest=-70.0, V_th=-55.0, dV=0.5, p=0.3, dt=5.0),
    text="A neuron rests at [[V_rest]] and fires at [[V_th]]. Its synapse is reached by an impulse every [[dt]] and releases "
    "a vesicle with probability [[p]] each time; a vesicle lifts the potential by [[dV]]. There is no leak.",
    vary={"V_th": (-58.0, -48.0), "dV": (0.2, 1.0), "p": (0.15, 0.7), "dt": (2.0, 15.0)},
    fits=lambda m: 10 <= m.N <= 80 and abs(m.dt - 1.0) > 0.1,
    parts=(
        Part(
            key="a",
            text="How long does it take on average until the neuron fires?",
            asks="mean_time",
            unit="ms",
            hints=(
                "How many vesicles are needed? They come in whole numbers.",
                "How many impulses does it take on average to get one vesicle?",
            ),
            solution="$N = \\lceil(V_{th} - V_{rest})/\\Delta V\\rceil$ = [[N]] vesicles are needed, each takes $1/p$ impulses on "
            "average, and impulses come every [[dt]]: $\\langle T\\rangle = N\\Delta t/p$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.shortest,
                    "You forgot the failures: that is the time if every impulse released a vesicle.",
                ),
                Mistake(
                    lambda m: m.shortest * m.p,
                    "You multiplied by the release probability. Unreliable release makes the wait longer: divide.",
                ),
                Mistake(
                    lambda m: m.N / m.p,
                    "That is the number of impulses. They come at intervals: multiply by the interval.",
                ),
            ),
        ),
        Part(
            key="b",
            text="By how much does this time scatter from trial to trial (standard deviation)?",
            asks="sd_time",
            unit="ms",
            hints=(
                "The number of impulses to one vesicle is geometric. What is its variance?",
                "The variances of $N$ independent waits add up; the standard deviation is the root of the sum.",
            ),
            solution="The wait for one vesicle has the variance $(1-p)/p^2$, in units of impulses. "
            "[[N]] of them add up to a standard deviation of $\\sqrt{N(1-p)}/p$ impulses, so "
            "$\\sigma_T = \\sqrt{N(1-p)}\\,\\Delta t/p$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: math.sqrt(m.N) * m.dt / m.p,
                    "You used Poisson's scatter. An impulse releases at most one vesicle, which makes release more regular: "
                    "the factor $\\sqrt{1-p}$ is missing.",
                ),
                Mistake(
                    lambda m: m.N * math.sqrt(1 - m.p) * m.dt / m.p,
                    "You added standard deviations. Variances add; the scatter grows with the root of $N$.",
                ),
                Mistake(
                    lambda m: math.sqrt(m.N * m.p * (1 - m.p)) * m.dt,
                    "That is the binomial scatter of the number of vesicles in $N$ impulses. "
                    "Here the number of vesicles is fixed and the number of impulses is random.",
                ),
                Mistake(
                    lambda m: m.sd_time / m.dt,
                    "That is the scatter in impulses (or the relative scatter in per cent). The question asks for a time.",
                ),
                Mistake(
                    lambda m: 2 * m.sd_time,
                    "You counted the deviation to both sides. The standard deviation is the typical distance from the mean.",
                ),
                Mistake(
                    lambda m: m.sd_time**2,
                    "That is the variance, in ms². Its root is the standard deviation.",
                ),
            ),
        ),
        Part(
            key="c",
            text="What is the shortest time in which the neuron can possibly fire?",
            asks="shortest",
            unit="ms",
            hints=("What is the luckiest thing that can happen at every impulse?",),
            solution="If every impulse releases a vesicle, [[N]] impulses suffice: $N\\Delta t$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.mean_time, "That is the mean time. Luck can do better."),
                Mistake(lambda m: m.dt, "One impulse alone lifts the potential by one vesicle only."),
                Mistake(
                    lambda m: m.N, "That is the number of impulses. They come at intervals: how long do they take?"
                ),
            ),
        ),
    ),
)

whole_vesicles = Problem(
    key="whole-vesicles",
    title="Vesicles come whole",
    model=Synapse(V_rest=-70.0, V_th=-55.0, dV=3.5, p=0.4, dt=8.0),
    text="A strong synapse lifts a neuron by [[dV]] per vesicle, from [[V_rest]] towards its threshold at [[V_th]]. "
    "An impulse comes every [[dt]] and releases a vesicle with probability [[p]]. There is no leak.",
    vary={"V_th": (-58.0, -48.0), "dV": (2.0, 5.0), "p": (0.2, 0.8), "dt": (3.0, 20.0)},
    fits=lambda m: 3 <= m.N <= 10 and m.mean_time > 1.05 * m.formula_time and 0.97 * m.rise / m.dV > m.N - 1,
    parts=(
        Part(
            key="a",
            text="How long does it take on average until the neuron fires?",
            asks="mean_time",
            unit="ms",
            hints=("Can the threshold be reached with a fraction of a vesicle?",),
            solution="The threshold is $(V_{th} - V_{rest})/\\Delta V$ = [[ratio]] vesicles away, so $N$ = [[N]] whole ones are "
            "needed, and $\\langle T\\rangle = N\\Delta t/p$ = [[answer]].",
            let={"ratio": (lambda m: m.rise / m.dV, "")},
            mistakes=(
                Mistake(
                    lambda m: m.formula_time,
                    "You let the neuron fire with a fraction of a vesicle. They come whole: round up.",
                ),
                Mistake(
                    lambda m: (m.N - 1) * m.dt / m.p,
                    "You rounded down. With that many vesicles the threshold is not yet reached.",
                ),
                Mistake(
                    lambda m: m.shortest,
                    "You forgot the failures: that is the time if every impulse released a vesicle.",
                ),
                Mistake(
                    lambda m: m.N / m.p,
                    "That is the number of impulses. They come at intervals: how long do they take?",
                ),
            ),
        ),
        Part(
            key="b",
            text="By which percentage is the formula without rounding, $(V_{th} - V_{rest})\\Delta t/(p\\,\\Delta V)$, too short?",
            asks=lambda m: 100 * (1 - m.formula_time / m.mean_time),
            unit="%",
            hints=("Compare it with the mean time that you found in (a).",),
            solution="The formula gives [[formula_time]] instead of [[mean_time]]: it falls short by [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: 100 * (m.mean_time / m.formula_time - 1),
                    "You took the formula as the reference. The question asks by which share of the true time it is short.",
                ),
                Mistake(
                    lambda m: 100 * m.formula_time / m.mean_time,
                    "That is the share that the formula does give. How much is missing?",
                ),
            ),
        ),
    ),
)

leaky_summation = Problem(
    key="leaky-summation",
    title="Against the leak",
    model=LeakySynapse(V_rest=-70.0, V_th=-56.0, dV=1.5, p=0.6, dt=5.0, tau=15.0),
    text="A synapse is reached by an impulse every [[dt]] and releases with probability [[p]]; a vesicle lifts the "
    "potential by [[dV]], and the membrane forgets with the time constant $\\tau$ = [[tau]]. "
    "The threshold lies [[rise]] above rest.",
    vary={"V_th": (-58.0, -50.0), "dV": (1.0, 3.0), "p": (0.3, 0.8), "dt": (2.0, 12.0), "tau": (8.0, 40.0)},
    fits=lambda m: m.summit < 0.9 * m.rise and m.dt / m.tau > 0.1 and m.p * m.dV > 0.04 * m.rise,
    parts=(
        Part(
            key="a",
            text="To which mean rise, just after an impulse, does the potential tend?",
            asks="plateau",
            unit="mV",
            hints=(
                "From one impulse to the next a rise shrinks by the factor $q = e^{-\\Delta t/\\tau}$.",
                "In the long run, what an impulse adds on average equals what is forgotten between two impulses.",
            ),
            solution="With $q = e^{-\\Delta t/\\tau}$ = [[decay]] the mean just after an impulse obeys $V = qV + p\\Delta V$, "
            "so $V_\\infty = p\\Delta V/(1 - q)$ = [[answer]].",
            let={"decay": (lambda m: m.decay, "")},
            mistakes=(
                Mistake(
                    lambda m: m.summit,
                    "That is the rise if every impulse released a vesicle. On average only a share $p$ does.",
                ),
                Mistake(
                    lambda m: m.p * m.dV * m.tau / m.dt,
                    "You smeared the vesicles out over time, which holds for $\\Delta t \\ll \\tau$ only. "
                    "Just after an impulse the potential is higher than its average over time.",
                ),
                Mistake(
                    lambda m: m.plateau * m.decay,
                    "That is the mean just before an impulse. The question asks for the moment after it.",
                ),
            ),
        ),
        Part(
            key="b",
            text="How often would the impulses have to come for this plateau to meet the threshold? "
            "Give the longest interval.",
            asks=lambda m: -m.tau * math.log1p(-m.p * m.dV / m.rise),
            unit="ms",
            tolerance=0.005,
            hints=(
                "Set $p\\Delta V/(1 - e^{-\\Delta t/\\tau})$ equal to the rise that is needed, and solve for $\\Delta t$.",
            ),
            solution="From $1 - e^{-\\Delta t/\\tau} = p\\Delta V/(V_{th} - V_{rest})$ = [[share]] follows "
            "$\\Delta t = -\\tau\\ln(1 - $ [[share]]$)$ = [[answer]].",
            let={"share": (lambda m: m.p * m.dV / m.rise, "")},
            mistakes=(
                Mistake(
                    lambda m: -m.tau * math.log1p(-m.dV / m.rise),
                    "You let every impulse release a vesicle. On average only a share $p$ does.",
                ),
                Mistake(
                    lambda m: -m.tau * math.log10(1 - m.p * m.dV / m.rise),
                    "You took the logarithm to base 10. Undoing $e^{-\\Delta t/\\tau}$ needs the natural logarithm.",
                ),
                Mistake(
                    lambda m: m.tau * m.p * m.dV / m.rise,
                    "You smeared the vesicles out over time, which holds for $\\Delta t \\ll \\tau$ only. "
                    "Use the plateau just after an impulse.",
                ),
                Mistake(
                    lambda m: m.dt * m.plateau / m.rise,
                    "You let the plateau grow in proportion to the rate of impulses. It does so only for short intervals.",
                ),
            ),
        ),
    ),
)

empty_pool = Problem(
    key="empty-pool",
    title="A terminal runs out",
    model=VesiclePool(M=10, p=0.3, dt=50.0, tau_rec=800.0),
    text="A terminal has [[M]] release sites. At an impulse each filled site releases its vesicle with probability [[p]]; "
    "an empty site is refilled with the time constant $\\tau_{rec}$ = [[tau_rec]].",
    vary={"M": (4, 40), "p": (0.15, 0.6), "dt": (20.0, 200.0), "tau_rec": (300.0, 1500.0)},
    fits=lambda m: m.failures > 1e-5 and m.M * m.p > 1.2,
    parts=(
        Part(
            key="a",
            text="After a long rest, which share of first impulses releases nothing at all?",
            asks="failures",
            unit="",
            hints=(
                "Every single site has to fail.",
                "Sites fail independently, each with probability $1 - p$.",
            ),
            solution="All sites fail with the probability $(1-p)^M$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.poisson_failures,
                    "You used Poisson's $e^{-m}$, which holds for many sites of low probability. These are few.",
                ),
                Mistake(lambda m: 1 - m.p, "That is how often one site fails. All of them must fail."),
                Mistake(lambda m: m.p**m.M, "That is how often all sites release."),
            ),
        ),
        Part(
            key="b",
            text="In a long train with an impulse every [[dt]], how many vesicles does an impulse release on average?",
            asks="steady_content",
            unit="",
            hints=(
                "Let $x$ be the filled share just before an impulse. What is left of it just after?",
                "Between two impulses the empty share shrinks by the factor $e^{-\\Delta t/\\tau_{rec}}$; "
                "in the long run $x$ comes back to itself.",
            ),
            solution="Just after an impulse the share $(1-p)x$ is filled. With $E = e^{-\\Delta t/\\tau_{rec}}$ = [[kept]] the empty "
            "share becomes $(1 - (1-p)x)E$, which must equal $1 - x$. So $x_\\infty = (1-E)/(1 - (1-p)E)$ = "
            "[[steady_filling]], and an impulse releases $M p x_\\infty$ = [[answer]].",
            let={"kept": (lambda m: math.exp(-m.dt / m.tau_rec), "")},
            mistakes=(
                Mistake(
                    lambda m: m.content,
                    "That is the quantal content after a rest. In a train the sites have no time to refill.",
                ),
                Mistake(
                    lambda m: m.greatest_rate * m.dt,
                    "That is the limit for very fast trains, when every refilled vesicle is used at once.",
                ),
                Mistake(
                    lambda m: m.content * -math.expm1(-m.dt / m.tau_rec),
                    "You emptied all sites at every impulse. Those that failed to release are still filled.",
                ),
            ),
        ),
    ),
)
