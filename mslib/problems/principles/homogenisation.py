"""Problems on homogenisation."""

import math

from mslib.principles.homogenisation import ExtracellularSpace, LayeredTissue, ResolvedTissue

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

CUBES = math.sqrt(1.5)

guess_layers = Question(
    key="guess-layers",
    text="A tissue is made of thin layers of equal width. In every other layer a drug diffuses with 10 µm²/s, in those "
    "between with 1 µm²/s. With what diffusivity does the drug get through the stack, across the layers?",
    options=(
        Option("5.5 µm²/s, the mean.", "That would let fast layers make up for slow ones. But every molecule has to "
               "pass through every layer."),
        Option("3.2 µm²/s, the geometric mean.", "Remember this number: it belongs to another arrangement of the "
               "same two media."),
        Option("1.8 µm²/s.", "The slow layers cost ten times the concentration drop of the fast ones; drops add up, "
               "and their mean is 1/1.8.", right=True),
        Option("1 µm²/s, that of the slow layers.", "Nearly: the slow layers decide. But they fill only half of the way."),
    ),
)  # fmt: skip

layered_tissue = Problem(
    key="layered-tissue",
    title="Effective diffusivity of a layered tissue",
    model=LayeredTissue(D1=10.0, D2=1.0),
    text="A tissue consists of thin layers of equal width in which a metabolite diffuses, in turn, with $D_1$ = [[D1]] "
    "and $D_2$ = [[D2]]. It dissolves equally well in both.",
    vary={"D1": (10.0, 60.0), "D2": (0.3, 3.0)},
    parts=(
        Part(
            key="a",
            text="With what effective diffusivity does it cross the layers?",
            asks="across",
            unit="µm²/s",
            hints=(
                "The same flux passes every layer. Which layer needs the larger drop of concentration?",
                "A layer of width $h$ needs the drop $Jh/D$. Add the drops of one period and compare with one medium.",
            ),
            solution="The flux $J$ needs the drop $Jh/D_1$ in a fast and $Jh/D_2$ in a slow layer. Over the width $2h$ a "
            "medium with $D_\\perp$ needs $2Jh/D_\\perp$. So $D_\\perp = 2/(1/D_1 + 1/D_2)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 0.5 * (m.D1 + m.D2),
                        "You took the arithmetic mean. It lets fast layers stand in for slow ones, "
                        "which they do only when both lie side by side."),
                Mistake(lambda m: math.sqrt(m.D1 * m.D2),
                        "You took the geometric mean, which belongs to a two-dimensional checkerboard."),
                Mistake(lambda m: m.D2,
                        "You counted the slow layers alone. They fill only half of the way."),
                Mistake(lambda m: 1.0 / (1.0 / m.D1 + 1.0 / m.D2),
                        "You added the resistances but forgot that the two layers together are two widths long."),
            ),
        ),
        Part(
            key="b",
            text="And along the layers?",
            asks="along",
            unit="µm²/s",
            hints=("Along the layers both see the same gradient. What adds up now?",),
            solution="Under one gradient $g$ the layers carry $D_1 g$ and $D_2 g$, each through half of the "
            "cross-section: $D_\\parallel = (D_1 + D_2)/2$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.across,
                        "That is the diffusivity across. Side by side, nobody has to pass the slow layers."),
                Mistake(lambda m: m.D1, "The fast layers carry nearly everything, but they fill only half of the cross-section."),
                Mistake(lambda m: m.D1 + m.D2, "You added the fluxes without the share of the cross-section that each layer has."),
            ),
        ),
        Part(
            key="c",
            text="The slow layers turn impermeable. What diffusivity across the layers remains?",
            asks=lambda m: m.replace(D2=0.0).across,
            unit="µm²/s",
            hints=("Let $D_2$ shrink in your formula of part (a).",),
            solution="$2/(1/D_1 + 1/D_2) \\to 2D_2 \\to$ [[answer]]: one closed layer in a series closes them all, "
            "while $D_\\parallel$ still is half of $D_1$.",
            universal=True,
            mistakes=(
                Mistake(lambda m: 0.5 * m.D1, "That is what remains along the layers. Across them, every molecule meets the closed layer."),
                Mistake(lambda m: m.D1, "You let the molecules use the fast layers only; across the stack there is no way round the others."),
            ),
        ),
    ),
)  # fmt: skip

partition = Problem(
    key="partition",
    title="A drug that likes fat",
    model=LayeredTissue(D1=40.0, D2=2.0, f=0.2, K=3.0),
    text="A drug crosses a tissue in which a share $f$ = [[f]] of the way leads through fatty layers. It diffuses with "
    "$D_1$ = [[D1]] in water and $D_2$ = [[D2]] in fat, and at equilibrium fat holds $K$ = [[K]] times the "
    "concentration of water.",
    vary={"D1": (20.0, 80.0), "D2": (0.5, 4.0), "f": (0.15, 0.5), "K": (1.8, 5.0)},
    fits=lambda m: m.D2 * m.K < 0.4 * m.D1
    and abs(math.sqrt(m.D1 * m.D2 * m.K) / (m.across * (1.0 - m.f + m.f * m.K)) - 1.0) > 0.06,
    parts=(
        Part(
            key="a",
            text="A steady flux goes through the layers. What is it, divided by the gradient of the concentration in water "
            "that is in equilibrium with each place?",
            asks=lambda m: m.across * (1.0 - m.f + m.f * m.K),
            unit="µm²/s",
            hints=(
                "At a border the concentration jumps, but $C/K$ (with $K = 1$ in water) does not.",
                "In fat the flux is $-D_2 K$ times the slope of $C/K$. Which conductances are in series?",
            ),
            solution="Written with the continuous quantity $C/K$, the layers have the conductivities $D_1$ and $D_2K$. In "
            "series: $1/((1-f)/D_1 + f/(D_2 K))$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.replace(K=1.0).across,
                        "You left the partition out. More molecules in fat carry more flux at the same mobility."),
                Mistake(lambda m: 1.0 / ((1.0 - m.f) / m.D1 + m.f * m.K / m.D2),
                        "You divided by $K$ where it multiplies: fat that holds more drug conducts better."),
                Mistake(lambda m: m.across,
                        "You divided by the storage as well. A steady flux does not ask how much the layers hold."),
                Mistake(lambda m: (1.0 - m.f) * m.D1 + m.f * m.D2 * m.K,
                        "You took the arithmetic mean of $D_1$ and $D_2K$. It holds along the layers; across them the resistances add."),
                Mistake(lambda m: math.sqrt(m.D1 * m.D2 * m.K),
                        "You took the geometric mean of $D_1$ and $D_2K$, which belongs to a checkerboard. In layers the resistances add."),
                Mistake(lambda m: m.D1 ** (1.0 - m.f) * (m.D2 * m.K) ** m.f,
                        "You took a geometric mean, weighted with the shares. In layers that are crossed one after the other the "
                        "resistances add."),
            ),
        ),
        Part(
            key="b",
            text="A cloud of the drug spreads across the tissue. With what diffusion coefficient?",
            asks="across",
            unit="µm²/s",
            hints=("Where the fat holds more, the same flux changes the concentration more slowly.",
                   "The mean amount stored per unit of $C/K$ is $(1-f) + fK$."),
            solution="The balance of one period is $\\langle K\\rangle\\,\\partial_t(C/K) = D_{\\rm flux}\\,\\partial_x^2 (C/K)$ with "
            "$\\langle K\\rangle = 1 - f + fK$. So the cloud spreads with $D_{\\rm flux}/\\langle K\\rangle$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.across * (1.0 - m.f + m.f * m.K),
                        "That is the coefficient of the flux. The layers also have to be filled."),
                Mistake(lambda m: m.across * (1.0 - m.f + m.f * m.K) / m.K,
                        "You divided by $K$ itself. Only the share $f$ of the tissue holds $K$ times as much."),
            ),
        ),
    ),
)  # fmt: skip

brain_space = Problem(
    key="brain-space",
    title="Between the cells of a brain",
    model=ExtracellularSpace(D=1000.0, alpha=0.2, tortuosity=1.6),
    text="An ion that no cell takes up and that diffuses freely with $D$ = [[D]] is released in brain tissue. Measurements give the share of the space between "
    "the cells, $\\alpha$ = [[alpha]], and the tortuosity $\\Lambda = \\sqrt{D/D^*}$ = [[tortuosity]].",
    vary={"D": (300.0, 2000.0), "alpha": (0.12, 0.4), "tortuosity": (1.45, 1.95)},
    parts=(
        Part(
            key="a",
            text="With what coefficient $D^*$ does a cloud of ions spread?",
            asks="apparent",
            unit="µm²/s",
            hints=("Solve the definition of the tortuosity for $D^*$.",),
            solution="$D^* = D/\\Lambda^2$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.D / m.tortuosity, "You divided by the tortuosity once. Diffusion times grow with the square of the way."),
                Mistake(lambda m: m.flux_coefficient, "You multiplied by the free share as well. A molecule is never inside a cell: it spreads with $D^*$."),
                Mistake(lambda m: m.D * m.alpha, "You used the free share alone; the ways are longer, too."),
            ),
        ),
        Part(
            key="b",
            text="And what effective diffusivity carries a steady flux through a square of tissue?",
            asks="flux_coefficient",
            unit="µm²/s",
            hints=("Which share of the square lets the ions pass?", "The flux between the cells is $D^*$ times the gradient; what of the rest of the square?"),
            solution="Only the share $\\alpha$ of the square carries the flux: $D_{\\rm eff} = \\alpha D^*$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.apparent, "That is how a cloud spreads. Of a square of tissue, most is cells that carry nothing."),
                Mistake(lambda m: m.apparent / m.alpha, "You divided by the free share. Cells that carry nothing make the flux smaller."),
                Mistake(lambda m: m.alpha * m.D, "You forgot the longer ways round the cells."),
            ),
        ),
        Part(
            key="c",
            text="Cubic cells with narrow straight gaps have the tortuosity $\\sqrt{3/2}$. What $D^*$ "
            "would be left if the brain were built of such cubes and nothing else slowed these ions?",
            asks=lambda m: m.D / CUBES**2,
            unit="µm²/s",
            hints=("Use the definition of the tortuosity once more, with the value for cubes.",),
            solution="$D/\\Lambda^2$ with $\\Lambda^2 = 3/2$ is [[answer]]. The measured [[apparent]] is less: "
            "something else than the shape of the cells slows these ions, too.",
            mistakes=(
                Mistake(lambda m: m.D / CUBES, "You divided by the tortuosity once. Diffusion coefficients go with its square."),
                Mistake(lambda m: m.D / 2.25, "You used the square of 3/2. The tortuosity of the cubes is its root."),
                Mistake(lambda m: m.apparent / CUBES**2, "You slowed the measured value further. The cubes are to act alone."),
            ),
        ),
    ),
)  # fmt: skip

scale_separation = Problem(
    key="scale-separation",
    title="How fine is fine enough?",
    model=ResolvedTissue(D1=20.0, D2=2.0, k=2e-3, n=8),
    text="A signal is degraded with $k$ = [[k]] in a tissue of thin layers of equal width, across which it diffuses with, in turn, "
    "$D_1$ = [[D1]] and $D_2$ = [[D2]].",
    vary={"D1": (15.0, 60.0), "D2": (0.5, 5.0), "k": (3e-4, 5e-3)},
    parts=(
        Part(
            key="a",
            text="Over what length does the gradient of the homogenised tissue fall by the factor $e$?",
            asks="length",
            unit="µm",
            hints=("First find the diffusivity across the layers.", "Then the length is that of any gradient of diffusion and decay."),
            solution="Across the layers $D_{\\rm eff} = 2/(1/D_1 + 1/D_2)$ = [[effective]], so $\\lambda = \\sqrt{D_{\\rm eff}/k}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.sqrt(0.5 * (m.D1 + m.D2) / m.k), "You used the arithmetic mean, which holds along the layers."),
                Mistake(lambda m: m.effective / m.k, "You forgot the root: look at the unit."),
                Mistake(lambda m: 0.5 * (math.sqrt(m.D1 / m.k) + math.sqrt(m.D2 / m.k)),
                        "You averaged lengths. The gradient knows one diffusivity, and that is what has to be averaged first."),
            ),
        ),
        Part(
            key="b",
            text="Up to which width of a period (two layers) is the small parameter $\\varepsilon$ at most 0.1?",
            asks=lambda m: 0.1 * m.length,
            unit="µm",
            hints=("$\\varepsilon$ is the width of a period over the length of the gradient.",),
            solution="$\\ell = \\varepsilon\\lambda$ = 0.1 × [[length]] = [[answer]].",
            mistakes=(
                Mistake(lambda m: 0.05 * m.length, "That is the width of one layer. A period has two."),
                Mistake(lambda m: 0.1 * math.sqrt(m.D1 / m.k), "You compared with the length in the fast medium. The tissue has a length of its own."),
                Mistake(lambda m: 0.1 * math.sqrt(m.D2 / m.k), "You compared with the length in the slow medium. The tissue has a length of its own."),
            ),
        ),
    ),
)  # fmt: skip
