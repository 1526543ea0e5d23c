"""Problems on hybrid models and on when a density may stand in for cells."""

import math

from mslib.principles.hybrid import CheckList, ClumpedGrowth, KellerSegel, PersistentWalk, TissueFilm

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

guess_crowd = Question(
    key="guess-crowd",
    text="Two dishes start with 5 % of their area covered by cells, and all cells try to divide at the same rate: a "
    "daughter goes to a place beside her mother, picked at random, and if that is taken the division fails. "
    "In the first dish the cells wander about, in the second they sit still. Which dish fills up first?",
    options=(
        Option("Both at the same time: cover and division rate are the same.",
               "That is what an equation for the density alone must say. It does not know who stands beside whom."),
        Option("The one whose cells wander.",
               "Daughters that stay beside their mother take each other's room; wandering cells spread it evenly.", right=True),
        Option("The one whose cells sit: they lose no time with moving.",
               "Moving costs nothing in this model. Think of where the daughters are."),
        Option("It cannot be said without simulating every cell.",
               "The numbers need a simulation, the direction does not: ask when a division finds no room."),
    ),
)  # fmt: skip

signal_in_the_sheet = Problem(
    key="signal-in-the-sheet",
    title="How much signal is on the sheet?",
    model=TissueFilm(N=40, L=200.0, a=600.0, k=1.2, u=900.0, t=1.5),
    text="On a sealed square sheet of side $L$ = [[L]] there are $N$ = [[N]] cells. Each secretes $a$ = [[a]] molecules of a "
    "signal, which diffuses and decays with $k$ = [[k]].",
    vary={"N": (20, 200), "L": (120.0, 300.0), "a": (100.0, 2000.0), "k": (0.5, 3.0), "u": (300.0, 4000.0), "t": (0.4, 2.5)},
    fits=lambda m: 0.2 < m.k * m.t < 2.5 and 0.15 < m.u * m.density / m.k < 6.0,
    parts=(
        Part(
            key="a",
            text="At first there is no signal, and no cell takes any up. How many molecules are on the sheet after $t$ = [[t]]?",
            asks=lambda m: m.N * m.a / m.k * -math.expm1(-m.k * m.t),
            unit="",
            hints=("Does it matter where the cells are? Write the balance of the whole sheet.",
                   "Solve $\\dot M = N a - k M$ with $M(0) = 0$."),
            solution="Diffusion and motion only shift molecules about, so the whole sheet obeys $\\dot M = N a - k M$, wherever "
            "the cells are. Hence $M(t) = (N a/k)(1 - e^{-kt})$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.N * m.a * m.t, "You added up what was released and forgot that part of it has decayed."),
                Mistake(lambda m: m.N * m.a / m.k, "That is the amount after a very long time."),
                Mistake(lambda m: m.N * m.a * m.t * math.exp(-m.k * m.t),
                        "You let everything decay for the whole time. What was released late has had less time to decay."),
                Mistake(lambda m: m.a / m.k * -math.expm1(-m.k * m.t), "That is what a single cell has put there."),
            ),
        ),
        Part(
            key="b",
            text="Now each cell also clears the signal from $u$ = [[u]] of the sheet around it. How many molecules are there in "
            "the end, if the cells are so many and so evenly spread that their density may be used?",
            asks="final_content",
            unit="",
            hints=("What does one cell remove per minute where the signal has the density $c$?",
                   "Uptake by the density $n_0 = N/L^2$ acts like further decay, with the rate constant $u n_0$."),
            solution="A cell removes $u c$ molecules per minute, so the density $n_0 = N/L^2$ = [[density]] adds $u n_0$ to $k$: "
            "together [[loss]]. In the end $M = N a/(k + u n_0)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.N * m.a / m.k, "You left out the uptake."),
                Mistake(lambda m: m.N * m.a / (m.k + m.u / m.L**2), "You let one cell take up for all of them."),
                Mistake(lambda m: m.N * m.a / (m.u * m.density), "You let uptake replace decay. Both remove the signal."),
            ),
        ),
    ),
)  # fmt: skip

will_they_gather = Problem(
    key="will-they-gather",
    title="Will they gather?",
    model=KellerSegel(n0=0.004, a=200.0, k=0.5, Dc=400.0, D=80.0, chi=300.0),
    text="Starved amoebae of density $n_0$ = [[n0]] wander with the motility $D$ = [[D]]. Each secretes $a$ = [[a]] molecules of an "
    "attractant, which diffuses with $D_c$ = [[Dc]] and decays with $k$ = [[k]].",
    vary={"n0": (0.002, 0.02), "a": (50.0, 500.0), "k": (0.2, 2.0), "Dc": (100.0, 5000.0), "D": (20.0, 300.0),
          "chi": (100.0, 2000.0)},
    fits=lambda m: 1.5 < m.chi / m.chi_crit < 20.0 and not 0.7 < m.D / m.Dc < 1.4 and m.chi_crit > 5.0
    and not 0.9 < m.chi / m.chi_crit**2 < 1.1,
    parts=(
        Part(
            key="a",
            text="They climb the attractant with the chemotactic coefficient $\\chi$ = [[chi]]. How many times stronger is this pull "
            "than what is just enough to make an even spread unstable on a large plate?",
            asks=lambda m: m.chi / m.chi_crit,
            unit="",
            hints=("Consider a very long ripple of the density. How high is the ripple of the attractant?",
                   "For long ripples $c = a n/k$. Compare the flow $\\chi n_0 \\nabla c$ with $D \\nabla n$."),
            solution="Over long distances the attractant is where its sources are, $c = a n/k$. Climbing it makes the flow "
            "$\\chi n_0 (a/k)\\nabla n$ inward, wandering makes $D\\nabla n$ outward. They balance at "
            "$\\chi_c = D k/(a n_0)$ = [[chi_crit]], so the pull is $\\chi/\\chi_c$ = [[answer]] times stronger.",
            mistakes=(
                Mistake(lambda m: m.chi * m.a * m.n0 / (m.Dc * m.k),
                        "You used the diffusion of the attractant. What the cells must beat is their own wandering."),
                Mistake(lambda m: m.chi_crit / m.chi, "You have it upside down."),
                Mistake(lambda m: m.chi_crit, "That is $\\chi_c$; how many times larger is $\\chi$?"),
                Mistake(lambda m: m.chi * m.a / (m.D * m.k),
                        "You left out the density: many cells make a steeper hill than one. Look at the units."),
            ),
        ),
        Part(
            key="b",
            text="Which is the shortest wavelength at which a ripple of the density still grows?",
            asks=lambda m: 2.0 * math.pi / m.q_max,
            unit="µm",
            hints=("A ripple that neither grows nor fades has $\\sigma = 0$.",
                   "Put $\\sigma = 0$ into $(\\sigma + Dq^2)(\\sigma + D_c q^2 + k) = \\chi a n_0 q^2$."),
            solution="At the edge of the band $\\sigma = 0$, so $D(D_c q^2 + k) = \\chi a n_0$ and "
            "$q_{max} = \\sqrt{(\\chi a n_0/D - k)/D_c}$ = [[q_max]]. The wavelength is $2\\pi/q_{max}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1.0 / m.q_max, "You took $1/q$ for the wavelength. A wave comes back after $2\\pi/q$."),
                Mistake(lambda m: 2.0 * math.pi / math.sqrt(m.chi * m.a * m.n0 / m.D / m.Dc),
                        "You left out the decay of the attractant."),
                Mistake(lambda m: m.wavelength, "That is the wavelength that grows fastest, not the shortest one that grows."),
            ),
        ),
    ),
)  # fmt: skip

admissible_patch = Problem(
    key="admissible-patch",
    title="Is there a density at all?",
    model=CheckList(n=5e-4, d=10.0, ell=500.0, w=80.0, tolerance=0.15),
    text="Independent cells lie on a sheet with the density $n$ = [[n]], which changes over the length $\\ell$ = [[ell]]. "
    "We want to measure it in square patches of side $w$ = [[w]].",
    vary={"n": (3e-4, 4e-3), "ell": (150.0, 3000.0), "w": (30.0, 150.0), "tolerance": (0.03, 0.2)},
    fits=lambda m: m.w < m.ell / 2 and not 0.8 < m.smallest_patch / m.largest_patch < 1.25 and not 0.9 < m.cells_per_patch < 1.1,
    parts=(
        Part(
            key="a",
            text="What is the coefficient of variation of the number of cells in a patch?",
            asks="cv",
            unit="",
            hints=("How many cells does a patch hold on average?", "The number of independent cells is Poisson distributed."),
            solution="A patch holds $n w^2$ = [[cells_per_patch]] cells on average. For a Poisson number the standard deviation is "
            "the root of the mean, so $CV = 1/\\sqrt{n w^2}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.cells_per_patch, "That is the mean number of cells."),
                Mistake(lambda m: m.cv**2, "That is $CV^2$, the relative variance."),
                Mistake(lambda m: 1.0 / m.cv, "That is the standard deviation of the number, not divided by its mean."),
            ),
        ),
        Part(
            key="b",
            text="We allow a coefficient of variation of [[tolerance]]. How wide must a patch be at least?",
            asks="smallest_patch",
            unit="µm",
            hints=("How many cells must it hold?",),
            solution="It must hold $1/CV_{max}^2$ cells, so $w_{min} = 1/(CV_{max}\\sqrt n)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1.0 / math.sqrt(m.tolerance * m.n), "You let the patch hold $1/CV$ cells; it needs $1/CV^2$."),
                Mistake(lambda m: 1.0 / (m.tolerance**2 * m.n), "That is the area of the patch; look at the units."),
            ),
        ),
        Part(
            key="c",
            text="A patch should not be wider than a third of $\\ell$. How long must the gradient be at least, so that there is an "
            "admissible patch?",
            asks=lambda m: m.smallest_patch / m.share,
            unit="µm",
            hints=("Which patch is the narrowest that is still allowed?",),
            solution="The narrowest patch allowed is $w_{min}$ = [[smallest_patch]] wide, so $\\ell$ must be at least three times as "
            "long, [[answer]]. Here it is [[ell]].",
            mistakes=(
                Mistake(lambda m: m.smallest_patch * m.share, "You divided by three. It is the patch that must be the smaller one."),
                Mistake(lambda m: m.w / m.share, "You used the patch of part (a), which scatters too much."),
            ),
        ),
    ),
)  # fmt: skip

crawling_cells = Problem(
    key="crawling-cells",
    title="From crawling to wandering",
    model=PersistentWalk(S=5.0, P=1.0),
    text="Cells crawl over a plane with the speed $S$ = [[S]] and forget their direction within the persistence time $P$ = [[P]].",
    vary={"S": (2.0, 15.0), "P": (0.5, 12.0)},
    parts=(
        Part(
            key="a",
            text="Which diffusion coefficient does their motion have, seen from afar?",
            asks="D",
            unit="µm²/min",
            hints=("What does $\\langle r^2 \\rangle = 2S^2P(t - P(1-e^{-t/P}))$ become for $t \\gg P$?",
                   "In the plane $\\langle r^2\\rangle = 4Dt$."),
            solution="For $t \\gg P$ the mean square distance grows as $2 S^2 P t$; in the plane this is $4 D t$, so "
            "$D = S^2 P/2$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.S**2 * m.P / 3.0, "You divided by three, as in space. On a plane there are two directions."),
                Mistake(lambda m: m.S**2 * m.P, "You used $\\langle r^2\\rangle = 2Dt$, which holds along a line."),
            ),
        ),
        Part(
            key="b",
            text="How far (root mean square) is a cell from its start after three persistence times?",
            asks=lambda m: math.sqrt(float(m.mean_square(3.0 * m.P))),
            unit="µm",
            hints=("Three persistence times are not yet very long: keep both terms.",),
            solution="With $t = 3P$, $\\langle r^2\\rangle = 2S^2P^2(3 - 1 + e^{-3})$; its root is [[answer]].",
            mistakes=(
                Mistake(lambda m: math.sqrt(12.0 * m.D * m.P), "You used $4Dt$, which holds only after many persistence times."),
                Mistake(lambda m: 3.0 * m.S * m.P, "You let the cell crawl straight on. It forgets its direction after $P$."),
                Mistake(lambda m: float(m.mean_square(3.0 * m.P)), "That is the mean square; take the root."),
            ),
        ),
    ),
)  # fmt: skip

two_dishes = Problem(
    key="two-dishes",
    title="What clumps cost",
    model=ClumpedGrowth(P_p=0.01, c=0.2, F=2.2),
    text="Cells that sit have covered the share $\\theta$ = [[c]] of a lattice. A pair of neighbouring sites is covered $F$ = [[F]] times as "
    "often as if cells were strewn at random. A division needs a free site beside the mother.",
    vary={"c": (0.08, 0.35), "F": (1.3, 4.0)},
    fits=lambda m: m.F * m.c < 0.85 and m.c < 0.8,
    parts=(
        Part(
            key="a",
            text="Which share of the divisions fails for want of room?",
            asks="blocked",
            unit="",
            hints=("Both sites of a pair are covered with the probability $F\\theta^2$. How likely is the second, given the first?",),
            solution="Given a cell, a neighbouring site is covered with the probability $F\\theta^2/\\theta = F\\theta$ = [[answer]]; so often the "
            "division fails.",
            mistakes=(
                Mistake(lambda m: m.c, "That holds if cells are strewn at random. Beside a cell, other cells are more frequent."),
                Mistake(lambda m: m.F * m.c**2, "That is the chance that both sites are covered. A cell is there already."),
                Mistake(lambda m: 1.0 - m.F * m.c, "That is the share that succeeds."),
            ),
        ),
        Part(
            key="b",
            text="How fast does the crowd grow, as a share of what the logistic law predicts at this cover?",
            asks="slowing",
            unit="",
            hints=("The logistic law lets the share $1 - \\theta$ of the divisions succeed.",),
            solution="Of the divisions $1 - F\\theta$ succeed, in place of $1 - \\theta$, so the growth is $(1 - F\\theta)/(1 - \\theta)$ = [[answer]] of "
            "what the law predicts.",
            mistakes=(
                Mistake(lambda m: 1.0 / m.F, "Clumping multiplies what is blocked; it does not divide the growth."),
                Mistake(lambda m: 1.0 - m.F * m.c, "You compared with cells that are never blocked. The logistic law knows crowding, too."),
            ),
        ),
    ),
)  # fmt: skip
