"""Problems on morphogen gradients."""

import math

from mslib.principles.morphogen import FluxGradient, Gradient

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

CELL = 2.6

guess_width = Question(
    key="guess-width",
    text="A mutation makes the morphogen diffuse four times as fast; its source still holds the same concentration. "
    "What happens to the width of the vein?",
    options=(
        Option("It stays the same.", "The mutation changes how far a molecule gets before it is degraded."),
        Option("It doubles.", "A molecule wanders √(D/k) in its lifetime, so four times D means twice the reach.", right=True),
        Option("It becomes four times as wide.", "That would hold if molecules travelled straight; "
               "a random walk covers a distance that grows with the square root."),
        Option("It becomes sixteen times as wide.", "The width would have to grow as D²; diffusion does the opposite "
               "and takes the square root."),
    ),
)  # fmt: skip

vein_width = Problem(
    key="vein-width",
    title="Width of a wing vein",
    model=Gradient(D=0.1, k=2.5e-4, C0=80.0, threshold=20.0),
    text="In a fly's wing disc a morphogen diffuses with $D$ = [[D]] and is degraded with $k$ = [[k]]. "
    "Its source holds the concentration $C_0$ = [[C0]] at one edge. "
    "Cells become vein where the steady concentration exceeds $C_T$ = [[threshold]].",
    vary={"D": (0.05, 1.0), "k": (1e-4, 2e-3), "C0": (60.0, 300.0), "threshold": (5.0, 30.0)},
    parts=(
        Part(
            key="a",
            text="How wide is the vein?",
            asks="width",
            unit="µm",
            hints=(
                "Which length do $D$ and $k$ make together? Look at their units.",
                "The profile is $C_0 e^{-x/\\lambda}$. Where does it cross the threshold?",
            ),
            solution="The steady profile falls as $C_0 e^{-x/\\lambda}$ with $\\lambda = \\sqrt{D/k}$ = [[length]]. "
            "It crosses the threshold where $e^{-x^*/\\lambda} = C_T/C_0$, so "
            "$x^* = \\lambda \\ln(C_0/C_T)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.D / m.k * math.log(m.C0 / m.threshold),
                        "You used $\\lambda = D/k$. That ratio has the unit µm², an area; its square root is the length."),
                Mistake(lambda m: m.length * math.log10(m.C0 / m.threshold),
                        "You took the logarithm to base 10. Undoing $e^{-x/\\lambda}$ needs the natural logarithm."),
                Mistake(lambda m: m.length,
                        "That is $\\lambda$, where the concentration has fallen to $C_0/e$. The threshold lies elsewhere."),
                Mistake(lambda m: m.length * (1.0 - m.threshold / m.C0),
                        "You let the profile fall along a straight line. It is an exponential."),
            ),
        ),
        Part(
            key="b",
            text="A mutant degrades the morphogen twice as fast. How wide is its vein?",
            asks=lambda m: m.replace(k=2.0 * m.k).width,
            unit="µm",
            hints=("Only $\\lambda$ changes. How does it depend on $k$?",),
            solution="Twice the $k$ divides $\\lambda = \\sqrt{D/k}$ by $\\sqrt 2$ and leaves $\\ln(C_0/C_T)$ alone, "
            "so the vein narrows from [[width]] to [[answer]].",
            mistakes=(
                Mistake(lambda m: m.width / 2.0,
                        "You took the width to fall as $1/k$. It falls as $1/\\sqrt{k}$, because $\\lambda=\\sqrt{D/k}$."),
                Mistake(lambda m: m.width * math.sqrt(2.0),
                        "Your vein became wider. Faster degradation shortens the way a molecule can go."),
            ),
        ),
    ),
)  # fmt: skip

flux_source = Problem(
    key="flux-source",
    title="The same mutation, another source",
    model=FluxGradient(D=0.15, k=3e-4, j=0.6, threshold=15.0),
    text="Now the source cells release a fixed flux, $j$ = [[j]], whatever happens outside. "
    "The morphogen has $D$ = [[D]] and $k$ = [[k]]; cells become vein above $C_T$ = [[threshold]].",
    vary={"D": (0.05, 0.4), "k": (1e-4, 5e-4), "j": (0.3, 1.5), "threshold": (5.0, 25.0)},
    fits=lambda m: m.replace(D=2.0 * m.D).source_concentration > 1.3 * m.threshold,
    parts=(
        Part(
            key="a",
            text="What concentration does the source reach?",
            asks="source_concentration",
            unit="nM",
            hints=("In the steady state the flux at the edge is $-D\\,C'(0)$.",
                   "Put $C = C(0) e^{-x/\\lambda}$ into $j = -D\\,C'(0)$."),
            solution="From $j = -D\\,C'(0) = D\\,C(0)/\\lambda$ follows $C(0) = j\\lambda/D = j/\\sqrt{Dk}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.j * math.sqrt(m.D / m.k),
                        "You multiplied $j$ by $\\lambda$ and forgot to divide by $D$; look at the units."),
                Mistake(lambda m: m.j / math.sqrt(m.D * m.k) / 2.0,
                        "You let half of the molecules leave backwards. The edge is closed: all of them enter the tissue."),
            ),
        ),
        Part(
            key="b",
            text="A mutation doubles $D$. By what factor does the width of the vein change? "
            "(Give the new width divided by the old one.)",
            asks=lambda m: m.replace(D=2.0 * m.D).width / m.width,
            unit="",
            hints=("Both $\\lambda$ and $C(0)$ change. In which directions?",
                   "$\\lambda$ grows by $\\sqrt 2$ while $C(0) = j/\\sqrt{Dk}$ falls by $\\sqrt 2$."),
            solution="The width is $x^* = \\lambda\\ln(C(0)/C_T)$, at first [[width]]. "
            "The mutation multiplies $\\lambda$ by $\\sqrt 2$ but divides $C(0)$ by $\\sqrt 2$, so the logarithm loses "
            "$\\tfrac12\\ln 2$. The new width is [[mutant]], which is [[answer]] times the old one.",
            let={"mutant": (lambda m: m.replace(D=2.0 * m.D).width, "µm")},
            mistakes=(
                Mistake(lambda m: math.sqrt(2.0),
                        "That is the factor for a source that holds its concentration. "
                        "This source is thinned by faster diffusion: $C(0)$ falls."),
                Mistake(lambda m: 2.0, "You took the width to be proportional to $D$."),
                Mistake(lambda m: 1.0, "The two effects do not cancel: $\\lambda$ multiplies the logarithm, $C(0)$ stands inside it."),
            ),
        ),
    ),
)  # fmt: skip

border_precision = Problem(
    key="border-precision",
    title="How sharp can the border be?",
    model=Gradient(D=0.2, k=3e-4, C0=90.0, threshold=15.0, cv=0.15),
    text="The source of this gradient varies from one fly to the next with a coefficient of variation $CV$ = [[cv]]. "
    "The morphogen has $D$ = [[D]] and $k$ = [[k]]; its source holds $C_0$ = [[C0]] on average, and cells become vein "
    "above $C_T$ = [[threshold]].",
    vary={"D": (0.05, 1.0), "k": (1e-4, 2e-3), "C0": (60.0, 300.0), "threshold": (5.0, 30.0), "cv": (0.11, 0.25)},
    parts=(
        Part(
            key="a",
            text="By how much does the border of the vein scatter between flies (standard deviation, to first order in $CV$)?",
            asks="scatter",
            unit="µm",
            hints=("How far does the border move when $C_0$ grows by one per cent?",
                   "Differentiate $x^* = \\lambda\\ln(C_0/C_T)$ with respect to $\\ln C_0$."),
            solution="A small relative change of $C_0$ shifts the border by $\\lambda$ times that change, because "
            "$dx^*/d\\ln C_0 = \\lambda$ = [[length]]. So $\\sigma_x = \\lambda\\,CV$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.width * m.cv,
                        "You let the border vary by the same per cent as the source. The width depends on the logarithm "
                        "of $C_0$, so every border scatters by $\\lambda\\,CV$, wherever it lies."),
                Mistake(lambda m: m.length * m.cv**2, "You used $CV^2$, the relative variance, for the standard deviation."),
            ),
        ),
        Part(
            key="b",
            text="Cells of the wing disc are about 2.6 µm wide (Bollenbach et al. 2008). Up to which $CV$ of the source does the "
            "border scatter by at most one cell?",
            asks=lambda m: CELL / m.length,
            unit="",
            hints=("Solve $\\lambda\\,CV$ = one cell for $CV$.",),
            solution="$CV = $ (one cell)/$\\lambda$ = 2.6 µm/[[length]] = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.length / CELL, "You divided the wrong way round."),
                Mistake(lambda m: CELL / m.width, "You compared the cell with the width of the vein instead of with $\\lambda$."),
            ),
        ),
    ),
)  # fmt: skip
