"""Problems on time scales."""

import math

from mslib.principles.timescales import Enzyme, Inhibition, Receptor

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

LATER = 10.0


def _percent(model):
    """Return by how many per cent the reduced model overstates the product after ten seconds."""
    return 100.0 * (model.reduced([LATER])[0] / model.course([LATER])[3, 0] - 1.0)


guess_fast = Question(
    key="guess-fast",
    text="There is as much enzyme as substrate, and the usual quasi-steady state, one equation for the free substrate, is a "
    "bad approximation. Now binding and unbinding both become a hundred times as fast. What happens to the error?",
    options=(
        Option("It falls to about a hundredth.", "That would be so if the speed of binding were the small number. "
               "But fast or slow, the enzyme hides the same share of the substrate."),
        Option("It falls to about a tenth.", "No power of the speed of binding enters: look at how much substrate sits on the enzyme."),
        Option("It hardly changes.", "The error comes from the substrate that sits on the enzyme; faster binding does not change that "
               "share much.", right=True),
    ),
)  # fmt: skip

receptor_times = Problem(
    key="receptor-times",
    title="Seconds and days",
    model=Receptor(k_on=2e-3, k_off=1e-3, L=1.5, g=0.04, K_I=0.3),
    text="A ligand of constant concentration $L$ = [[L]] binds receptors with $k_{on}$ = [[k_on]] and leaves them with "
    "$k_{off}$ = [[k_off]]. Cells whose receptors are bound to the share $y$ grow at the rate $g/(1 + y/K_I)$ with "
    "$g$ = [[g]] and $K_I$ = [[K_I]].",
    vary={"k_on": (5e-4, 5e-3), "k_off": (5e-4, 5e-3), "L": (0.5, 8.0), "g": (0.015, 0.06), "K_I": (0.1, 0.8)},
    parts=(
        Part(
            key="a",
            text="Which share of the receptors is bound in the end?",
            asks="occupancy",
            unit="",
            hints=("In the end as many ligands bind as leave.", "Put $k_{on} L (1 - y) = k_{off}\\, y$."),
            solution="From $k_{on}L(1-y) = k_{off}\\,y$ follows $y = L/(L + K_d)$ with $K_d = k_{off}/k_{on}$ = [[dissociation]], "
            "so $y$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.dissociation / (m.L + m.dissociation), "That is the share of free receptors."),
                Mistake(lambda m: m.L / m.dissociation,
                        "$L/K_d$ is the ratio of bound to free receptors, not the share of all that are bound."),
                Mistake(lambda m: m.L * m.k_off / (m.L * m.k_off + m.k_on),
                        "You took $K_d = k_{on}/k_{off}$. Its unit would not be a concentration."),
            ),
        ),
        Part(
            key="b",
            text="How long does binding take to cover all but $1/e$ of its way?",
            asks="relaxation",
            unit="s",
            hints=("Write $dy/dt$ as $-(\\ldots)(y - y_\\infty)$.", "Both binding and unbinding bring $y$ nearer to its end."),
            solution="$dy/dt = k_{on}L - (k_{on}L + k_{off})\\,y$, so the deviation decays at the rate $k_{on}L + k_{off}$, "
            "in the time $1/(k_{on}L + k_{off})$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.log(2.0) * m.relaxation,
                        "That is the half-time; the time to all but $1/e$ is longer by the factor $1/\\ln 2$."),
                Mistake(lambda m: 1.0 / m.k_off, "That is how long one ligand stays bound. Binding hastens the approach as well."),
                Mistake(lambda m: 1.0 / (m.k_on * m.L), "That leaves out unbinding, which also ends deviations."),
                Mistake(lambda m: 1.0 / (m.k_on * m.L) + 1.0 / m.k_off,
                        "You added the times. The two processes act at once: their rates add."),
            ),
        ),
        Part(
            key="c",
            text="In what time do the cells double?",
            asks="doubling",
            unit="h",
            hints=("First find the growth rate at the final occupancy.",),
            solution="With $y$ = [[occupancy]] the cells grow at $g/(1 + y/K_I)$ = [[growth]] and double in $\\ln 2$ over that rate, [[answer]].",
            mistakes=(
                Mistake(lambda m: math.log(2.0) / m.g, "That is the doubling time without ligand."),
                Mistake(lambda m: 1.0 / m.growth, "That is the time to grow by the factor $e$; doubling takes $\\ln 2$ of it."),
                Mistake(lambda m: math.log(2.0) / m.g * (1.0 + 1.0 / m.K_I), "You took all receptors to be bound."),
            ),
        ),
    ),
)  # fmt: skip

trust_qssa = Problem(
    key="trust-qssa",
    title="Trust the quasi-steady state?",
    model=Enzyme(k1=10.0, k_1=1.0, k2=1.0, S0=1.0, E0=0.1),
    text="An enzyme binds its substrate with $k_1$ = [[k1]], lets it go with $k_{-1}$ = [[k_1]] and converts it with $k_2$ = [[k2]]. "
    "There is $S_0$ = [[S0]] of substrate and $E_0$ = [[E0]] of enzyme.",
    vary={"k1": (5.0, 20.0), "k_1": (0.5, 2.0), "k2": (0.5, 1.5), "S0": (0.7, 1.8), "E0": (0.06, 0.16)},
    fits=lambda m: 1.5 < _percent(m) < 8.0 and m.course([LATER])[3, 0] / m.S0 < 0.9,
    parts=(
        Part(
            key="a",
            text="How large is the number that decides, $\\varepsilon_S = E_0/(S_0 + K_M)$?",
            asks="eps",
            unit="",
            hints=("First find $K_M = (k_{-1} + k_2)/k_1$.",),
            solution="$K_M = (k_{-1} + k_2)/k_1$ = [[michaelis]], so $\\varepsilon_S = E_0/(S_0 + K_M)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.E0 / m.S0, "You compared the enzyme with the substrate alone. $K_M$ counts too: it tells how much of the enzyme is free."),
                Mistake(lambda m: m.E0 / m.michaelis, "You compared the enzyme with $K_M$ alone. Much substrate helps as well."),
                Mistake(lambda m: m.E0 / (m.S0 + m.k_1 / m.k1), "You used the dissociation constant $k_{-1}/k_1$. The complex is also lost by turnover."),
            ),
        ),
        Part(
            key="b",
            text="How large is it with ten times as much enzyme?",
            asks=lambda m: 10.0 * m.eps,
            unit="",
            hints=("Which terms of $E_0/(S_0 + K_M)$ know the amount of enzyme?",),
            solution="Only the numerator grows, so $\\varepsilon_S$ = [[answer]]: no longer small.",
            mistakes=(
                Mistake(lambda m: m.eps, "$K_M$ does not depend on the amount of enzyme, but the numerator does."),
                Mistake(lambda m: 10.0 * m.E0 / m.S0, "You left out $K_M$."),
            ),
        ),
        Part(
            key="c",
            text="Solve both models (with the smaller amount of enzyme). By how many per cent does the quasi-steady state overstate the product after 10 s? "
            "(This part wants a computer.)",
            asks=_percent,
            unit="%",
            hints=("The full model has three unknowns, $S$, $C$ and $P$ (for $E = E_0 - C$); the reduced one has only $S$, and its product is $S_0 - S$. "
                   "The difference of the two products is to be divided by that of the full model.",
                   "Steps of 10⁻⁴ s along the present slope are short enough. In each, compute all slopes of the old values before you change one.",
                   "In full, with `k_1` for $k_{-1}$ and `R` for the substrate of the reduced model:\n\n```python\n"
                   "S, C, P, R, dt = S0, 0, 0, S0, 1e-4\n"
                   "for _ in range(100_000):\n"
                   "    bind, turn = k1 * (E0 - C) * S - k_1 * C, k2 * C\n"
                   "    S, C, P = S - dt * bind, C + dt * (bind - turn), P + dt * turn\n"
                   "    R -= dt * k2 * E0 * R / (K_M + R)\n```"),
            solution="The full model makes [[full]] of product in 10 s and the reduced one [[reduced]], which is [[answer]] too much: "
            "of the order of $\\varepsilon_S$, as promised.",
            let={"full": (lambda m: m.course([LATER])[3, 0], "µM"), "reduced": (lambda m: m.reduced([LATER])[0], "µM")},
            tolerance=0.02,
            mistakes=(
                Mistake(lambda m: 100.0 * m.eps, "That is $\\varepsilon_S$ itself. It gives the order of the error, not the error."),
                Mistake(lambda m: _percent(m) / 100.0, "You gave the share, not the per cent."),
            ),
        ),
    ),
)  # fmt: skip

error_slope = Problem(
    key="error-slope",
    title="What a smaller number buys",
    model=Enzyme(k1=20.0, k_1=2.0, k2=1.0, S0=1.5, E0=0.09),
    text="For an enzyme with $k_1$ = [[k1]], $k_{-1}$ = [[k_1]], $k_2$ = [[k2]], $S_0$ = [[S0]] and $E_0$ = [[E0]] the product of "
    "the reduced model is wrong by at most $\\delta$ = [[error]] of the substrate.",
    vary={"k1": (5.0, 50.0), "k_1": (0.5, 5.0), "k2": (0.5, 3.0), "S0": (0.5, 3.0), "E0": (0.03, 0.1)},
    fits=lambda m: m.eps < 0.12 and abs(m.error / 5.0 / m.replace(E0=m.E0 / 5.0).error - 1.0) < 0.015,
    parts=(
        Part(
            key="a",
            text="How large is $\\varepsilon_S = E_0/(S_0 + K_M)$?",
            asks="eps",
            unit="",
            hints=("First find $K_M = (k_{-1} + k_2)/k_1$.",),
            solution="With $K_M$ = [[michaelis]], $\\varepsilon_S = E_0/(S_0 + K_M)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.E0 / m.S0, "$K_M$ is missing in the denominator."),
                Mistake(lambda m: m.E0 / m.michaelis, "$S_0$ is missing in the denominator."),
            ),
        ),
        Part(
            key="b",
            text="Without another simulation: how large is the largest error with a fifth of the enzyme?",
            asks=lambda m: m.error / 5.0,
            unit="",
            tolerance=0.02,
            hints=("On double logarithmic paper the error against $\\varepsilon_S$ is a line. Of which slope?",),
            solution="The error is of first order in $\\varepsilon_S$, and $\\varepsilon_S$ is proportional to $E_0$. "
            "A fifth of the enzyme leaves a fifth of the error, [[answer]]. (A simulation agrees to one or two per cent.)",
            mistakes=(
                Mistake(lambda m: m.error / 25.0, "You let the error fall with the square. Without a correction the slope is one."),
                Mistake(lambda m: m.error / math.sqrt(5.0), "You let the error fall with the root, as noise does."),
                Mistake(lambda m: m.error, "Less enzyme hides less of the substrate, so the error falls."),
            ),
        ),
    ),
)  # fmt: skip

slow_manifold = Problem(
    key="slow-manifold",
    title="Growth on the slow manifold",
    model=Inhibition(eps=0.01, k_on=2.0, k_off=3.0, s=0.4, k=0.8, g=0.03, K_I=0.3, N0=2.0),
    text="Cells secrete a ligand at the rate $sN$ with $s$ = [[s]]; it is cleared with $k$ = [[k]], binds receptors with "
    "$k_{on}$ = [[k_on]] and leaves them with $k_{off}$ = [[k_off]]. All this is fast. "
    "Growth is slow: $dN/dt = gN/(1 + y/K_I)$ with $g$ = [[g]] and $K_I$ = [[K_I]], and there are $N_0$ = [[N0]] units of cells.",
    vary={"k_on": (0.5, 5.0), "k_off": (0.5, 5.0), "s": (0.2, 2.0), "k": (0.3, 3.0), "g": (0.015, 0.06), "K_I": (0.1, 0.8), "N0": (0.5, 5.0)},
    parts=(
        Part(
            key="a",
            text="How many cells (in the same units) fill half of the receptors?",
            asks="half",
            unit="",
            hints=("What does $L$ become when $sN - kL = 0$?", "Half of the receptors are bound where $L = k_{off}/k_{on}$."),
            solution="In quasi-steady state $L = sN/k$, and $y = 1/2$ where $L = K_d = k_{off}/k_{on}$, so $\\kappa = kK_d/s$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.k_off / m.k_on, "That is $K_d$, a concentration of ligand. How many cells keep it up?"),
                Mistake(lambda m: m.s / m.k * m.k_off / m.k_on, "You multiplied by $s/k$. Cells that secrete more are needed in smaller number."),
            ),
        ),
        Part(
            key="b",
            text="Which share of the receptors is bound on the slow manifold at the start?",
            asks=lambda m: float(m.manifold(m.N0)),
            unit="",
            hints=("Put $L = sN_0/k$ into $y = L/(L + K_d)$.",),
            solution="$y = N_0/(N_0 + \\kappa)$ with $\\kappa$ = [[half]], which is [[answer]].",
            mistakes=(
                Mistake(lambda m: m.half / (m.N0 + m.half), "That is the share of free receptors."),
                Mistake(lambda m: m.N0 / m.half, "That is bound over free, not bound over all."),
            ),
        ),
        Part(
            key="c",
            text="At what rate (per hour) do the cells grow there, per cell?",
            asks=lambda m: float(m.speed(m.N0, m.manifold(m.N0))) / m.N0,
            unit="1/h",
            hints=("Put the occupancy of (b) into $g/(1 + y/K_I)$.",),
            solution="$g/(1 + y/K_I)$ with the occupancy of (b) is [[answer]].",
            mistakes=(
                Mistake(lambda m: m.g, "That is the rate before any receptor is bound: the initial layer, not the slow manifold."),
                Mistake(lambda m: m.g * (1.0 - float(m.manifold(m.N0))), "You let each bound receptor remove its share of growth; the law here is $1/(1 + y/K_I)$."),
                Mistake(lambda m: m.g / (1.0 + 1.0 / m.K_I), "You took all receptors to be bound."),
            ),
        ),
    ),
)  # fmt: skip
