"""Problems on growth."""

import math

from mslib.principles.growth import PredatorPrey, SlowingGrowth, TumourGrowth, YoungClones

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

guess_screening = Question(
    key="guess-screening",
    text="A tumour doubles steadily and reaches a thousand million cells, about a gram, after twenty-five days. "
    "A new test finds it when it is a hundred times smaller. How many of the twenty-five days does the test gain?",
    options=(
        Option("Almost all of the days, as the tumour is a hundred times smaller.",
               "Size and time are not in proportion: the last doublings make nearly all of the size."),
        Option("About half of them.", "Half of the doublings lead to the square root of the size, some thirty thousand cells."),
        Option("Five or six days.",
               "A factor of a hundred is between six and seven doublings, out of thirty.", right=True),
        Option("A quarter of a day.", "That would be a hundredth of the time; a hundredth of the size is 6.6 doublings earlier."),
    ),
)  # fmt: skip

palpable_tumour = Problem(
    key="palpable-tumour",
    title="From one mutant cell to a palpable tumour",
    model=TumourGrowth(T=20.0, phi=0.0, N_det=1e9, N_screen=1e7, N_end=1e12),
    text="A mutant cell and all its descendants double every [[T]], and none dies. "
    "A tumour can be felt from [[N_det]] cells on; the patient's life ends at [[N_end]] cells.",
    vary={"T": (14.0, 60.0), "N_det": (2e8, 5e9), "N_screen": (1e6, 5e7), "N_end": (5e11, 5e12)},
    fits=lambda m: m.N_det > 5.0 * m.N_screen,
    parts=(
        Part(
            key="a",
            text="After how many days can it be felt?",
            asks="detection",
            unit="d",
            hints=("How many doublings lead from one cell to that number?", "Solve $2^n = N$ for $n$."),
            solution="It takes $n = \\log_2 N_{det}$ = [[doublings]] doublings of [[T]] each, that is [[answer]].",
            mistakes=(
                Mistake(lambda m: m.doublings, "That is the number of doublings. How long does each of them take?"),
                Mistake(lambda m: math.log(m.N_det) * m.T / 24.0,
                        "You took the natural logarithm, which counts factors of $e$. The time you have is for a factor of two."),
                Mistake(lambda m: math.log10(m.N_det) * m.T / 24.0,
                        "You took the logarithm to base 10, which counts factors of ten. The time you have is for a factor of two."),
            ),
        ),
        Part(
            key="b",
            text="How many further days lead from there to the end?",
            asks="remaining",
            unit="d",
            hints=("By which factor must it still grow?", "How many doublings make that factor, and how long does each take?"),
            solution="It must still grow by the factor $N_{end}/N_{det}$, which takes $T\\log_2(N_{end}/N_{det})$ = [[answer]]: "
            "[[share]] of the tumour's life is over when it is found.",
            let={"share": (lambda m: m.unseen, "")},
            mistakes=(
                Mistake(lambda m: m.N_end / m.N_det * m.T / 24.0,
                        "You let the time grow with the number of cells. A factor of a thousand is only ten doublings."),
                Mistake(lambda m: math.log(m.N_end / m.N_det) * m.T / 24.0, "You took the natural logarithm."),
                Mistake(lambda m: math.log2(m.N_end) * m.T / 24.0,
                        "That is the time from the first cell. You are asked for the time since the tumour could be felt."),
            ),
        ),
        Part(
            key="c",
            text="A better test finds the tumour at [[N_screen]] cells. How many days does it gain?",
            asks="gained",
            unit="d",
            hints=("How many doublings lie between the two sizes?",),
            solution="The sizes are $\\log_2(N_{det}/N_{scr})$ doublings apart, which take [[answer]]. "
            "A large factor in size is a small step in time.",
            mistakes=(
                Mistake(lambda m: m.detection * (1.0 - m.N_screen / m.N_det),
                        "You took time to be in proportion to size. Nearly all of the time passes while the tumour is tiny."),
                Mistake(lambda m: math.log10(m.N_det / m.N_screen) * m.T / 24.0, "You took the logarithm to base 10."),
                Mistake(lambda m: math.log2(m.N_screen) * m.T / 24.0,
                        "That is when the better test finds it. The gain is the difference to part (a)."),
            ),
        ),
    ),
)  # fmt: skip

cell_loss = Problem(
    key="cell-loss",
    title="Cells that die slow the tumour",
    model=TumourGrowth(T=22.0, phi=0.8, N_det=1e9),
    text="The cells of a tumour would double every [[T]] if none were lost. "
    "In fact $\\varphi$ = [[phi]] cells are lost for each division, which adds one.",
    vary={"T": (14.0, 60.0), "phi": (0.3, 0.93), "N_det": (2e8, 5e9)},
    parts=(
        Part(
            key="a",
            text="How long does the tumour take to double?",
            asks="doubling",
            unit="h",
            hints=("Births at rate $b$, losses at rate $\\varphi b$: what is the net rate?",),
            solution="The net rate is $b(1-\\varphi)$, so that the doubling time is $T/(1-\\varphi)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.T * (1.0 + m.phi),
                        "You lengthened the time in proportion to the losses. It is the rate that is reduced, to $1 - \\varphi$."),
                Mistake(lambda m: m.T / m.phi, "You divided by the share that is lost; divide by the share that is kept."),
                Mistake(lambda m: m.T * (1.0 - m.phi), "Your tumour became faster by losing cells."),
            ),
        ),
        Part(
            key="b",
            text="After how many days does one cell become a tumour of [[N_det]] cells, if it grows like the mean?",
            asks="detection",
            unit="d",
            hints=("How many doublings lead from one cell to that number?",
                   "Each of them takes the doubling time of part (a). Mind the unit."),
            solution="[[doublings]] doublings of [[doubling]] each take [[answer]].",
            mistakes=(
                Mistake(lambda m: m.detection * (1.0 - m.phi), "You used the doubling time without loss."),
                Mistake(lambda m: m.detection * math.log(2.0), "You took the natural logarithm with a doubling time."),
            ),
        ),
        Part(
            key="c",
            text="A tumour in a patient is seen to double in 100 days. If a constant loss factor $\\varphi$ were to explain this with the "
            "same $T$, which share $1 - \\varphi$ of the births would not be undone?",
            asks=lambda m: m.T / 2400.0,
            unit="",
            hints=("Solve $T/(1-\\varphi)$ = 100 days for $1-\\varphi$.",),
            solution="$1-\\varphi = T/(100\\ \\mathrm{d})$ = [[answer]]: nearly every birth would have to be undone. "
            "Part of the slowness is therefore looked for elsewhere, in cells that do not cycle and in growth that slows with size.",
            mistakes=(
                Mistake(lambda m: 1.0 - m.T / 2400.0, "That is the loss factor itself, the share of births that is undone."),
                Mistake(lambda m: m.T / 100.0, "You compared hours with days."),
                Mistake(lambda m: m.doubling / 2400.0,
                        "You started from the doubling time with the losses of part (a). The $T$ of the formula is that without any."),
            ),
        ),
    ),
)  # fmt: skip

founder_lottery = Problem(
    key="founder-lottery",
    title="The lottery of the first cells",
    model=YoungClones(T=18.0, phi=0.8, t=10.0),
    text="Each cell of a young tumour divides at the rate $b = \\ln 2/T$ with $T$ = [[T]], and dies at the rate $\\varphi b$ with "
    "$\\varphi$ = [[phi]]. A tumour begins with one cell and is found at [[N_det]] cells.",
    vary={"T": (14.0, 60.0), "phi": (0.3, 0.9), "N_det": (2e8, 5e9)},
    fits=lambda m: abs(m.phi - 0.5) > 0.05 and abs(m.phi - 0.7) > 0.04,
    parts=(
        Part(
            key="a",
            text="What is the chance that the first cell's descendants reach that size at all?",
            asks=lambda m: 1.0 - m.phi,
            unit="",
            hints=("Let $q$ be the chance that one cell's descendants die out. What must be true after its first event?",
                   "Either the cell dies, or it divides and both daughters' descendants die out: $q = (\\varphi + q^2)/(1 + \\varphi)$."),
            solution="The first event is a death with probability $\\varphi/(1+\\varphi)$, else a division, after which both clones must "
            "die out: $q = (\\varphi + q^2)/(1+\\varphi)$. The smaller root is $q = \\varphi$, so that the chance to live is "
            "$1 - \\varphi$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.phi, "That is the chance of dying out."),
                Mistake(lambda m: 1.0 / (1.0 + m.phi),
                        "That is the chance that the first event is a division. The daughters can still die."),
                Mistake(lambda m: 1.0, "You trusted the mean, which grows. Most single cells do not follow it."),
            ),
        ),
        Part(
            key="b",
            text="Plot two curves against time, once they are large: the mean size of the tumours that live, and the mean size of all, those "
            "that died out included. By how many days is the first curve ahead of the second?",
            asks=lambda m: -math.log1p(-m.phi) / m.rate,
            unit="d",
            hints=("The mean over all includes the zeros. How many times larger are the others on average?",
                   "A factor $f$ in size is worth $\\ln f/r$ in time, with $r = b(1-\\varphi)$."),
            solution="Only the share $1-\\varphi$ lives and carries the whole mean, so that these are $1/(1-\\varphi)$ times as large. "
            "With $r = b(1-\\varphi)$ = [[rate]] this is a lead of $\\ln(1/(1-\\varphi))/r$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: -math.log1p(-m.phi) / m.birth, "You let the lead count at the rate $b$; the tumour grows at $b(1-\\varphi)$."),
                Mistake(lambda m: -math.log(m.phi) / m.rate, "You used $\\varphi$ for the share that lives."),
            ),
        ),
        Part(
            key="c",
            text="All cells are alike, and yet tumours are found at different times. With which standard deviation?",
            asks="scatter",
            unit="d",
            hints=("The early luck multiplies the size by an exponentially distributed factor $W$. What does that do to the time?",
                   "A tumour reaches a size at $(\\ln N - \\ln W)/r$, and only $W$ differs between tumours. "
                   "What does the chapter say of the scatter of $\\ln W$?"),
            solution="A tumour that lives is $W e^{rt}$ with exponentially distributed $W$, so that it reaches a size at $(\\ln N - \\ln W)/r$. "
            "The logarithm of an exponential variable has the standard deviation $\\pi/\\sqrt6$, hence $\\pi/(\\sqrt6\\,r)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1.0 / m.rate, "You used the standard deviation of $W$ itself, which is its mean. The time depends on $\\ln W$."),
                Mistake(lambda m: math.pi / math.sqrt(6.0) / m.birth, "You divided by $b$; the tumour grows at $b(1-\\varphi)$."),
                Mistake(lambda m: math.pi / 6.0**0.5 * m.T / 24.0, "You divided by $1/T$; a rate needs $\\ln 2/T$, and the losses."),
            ),
        ),
    ),
)  # fmt: skip

slowing_tumour = Problem(
    key="slowing-tumour",
    title="Slower and slower",
    model=SlowingGrowth(T=20.0, phi=0.0, K=1e13, N_det=1e9),
    text="A tumour grows by Gompertz's law: its growth rate falls in proportion to $\\ln(K/N)$, with the capacity $K$ = [[K]]. "
    "The first cell doubles every [[T]], without loss. The tumour is found at [[N_det]] cells.",
    vary={"T": (14.0, 60.0), "K": (5e11, 1e15), "N_det": (2e8, 5e9)},
    fits=lambda m: m.N_det < 0.05 * m.K,
    parts=(
        Part(
            key="a",
            text="How many days does it take to double at the moment when it is found?",
            asks="doubling_then",
            unit="d",
            hints=("By which factor has the growth rate fallen from one cell to $N_{det}$?",),
            solution="The rate has fallen from $\\beta\\ln K$ to $\\beta\\ln(K/N_{det})$, so that the doubling time has risen to "
            "$T\\,\\ln K/\\ln(K/N_{det})$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.T / (1.0 - m.N_det / m.K) / 24.0,
                        "That is hardly more than the doubling time of the first cell, as if the rate fell with $1 - N/K$ (the logistic "
                        "law). Gompertz's rate falls with $\\ln(K/N)$, long before the capacity is near."),
                Mistake(lambda m: m.T * math.log(m.K) / math.log(m.N_det) / 24.0, "You divided by $\\ln N_{det}$; the room left is $\\ln(K/N_{det})$."),
                Mistake(lambda m: m.T * math.log(m.K / m.N_det) / math.log(m.K) / 24.0, "Your tumour became faster as it grew."),
            ),
        ),
        Part(
            key="b",
            text="How many days old is it then?",
            asks="detection",
            unit="d",
            hints=("Follow $y = \\ln N$: it approaches $\\ln K$ as $1 - e^{-\\beta t}$.",
                   "The first cell grows at $\\beta\\ln K = \\ln 2/T$; this gives $\\beta$."),
            solution="$\\ln N = \\ln K\\,(1 - e^{-\\beta t})$ with $\\beta = \\ln 2/(T\\ln K)$. "
            "Solving for $t$ gives $t = -\\ln(1 - \\ln N_{det}/\\ln K)/\\beta$ = [[answer]], against [[unslowed]] without slowing.",
            let={"unslowed": (lambda m: math.log2(m.N_det) * m.T / 24.0, "d")},
            mistakes=(
                Mistake(lambda m: math.log2(m.N_det) * m.T / 24.0, "That is the age without slowing."),
                Mistake(lambda m: math.log2(m.N_det) * m.doubling_then,
                        "You used the doubling time of today for the whole life. The tumour was faster when it was young."),
                Mistake(lambda m: -math.log10(1.0 - math.log(m.N_det) / math.log(m.K)) * math.log2(m.K) * m.T / 24.0,
                        "You took the logarithm to base 10 in the last step."),
            ),
        ),
    ),
)  # fmt: skip

predators_and_prey = Problem(
    key="predators-and-prey",
    title="Fishing and the two fish",
    model=PredatorPrey(a=1.2, b=0.08, c=1.8, d=0.06, x0=33.0, y0=15.0),
    text="Prey grow at the rate $a$ = [[a]] and are eaten at the rate $b$ = [[b]] for each predator. "
    "Predators die at the rate $c$ = [[c]] and grow at the rate $d$ = [[d]] for each prey.",
    vary={"a": (0.5, 2.0), "b": (0.05, 0.3), "c": (0.8, 2.5), "d": (0.04, 0.3)},
    fits=lambda m: m.a > 0.45 and abs(m.a / m.c - 1.0) > 0.1 and abs(m.b / m.d - 1.0) > 0.1,
    parts=(
        Part(
            key="a",
            text="How many prey are there at rest?",
            asks="prey_rest",
            unit="",
            hints=("Which of the two equations fixes the number of prey at rest?",),
            solution="The predators rest when $dx - c = 0$, so that $x^* = c/d$ = [[answer]]: the prey are set by the predators' needs.",
            mistakes=(
                Mistake(lambda m: m.a / m.b, "That is the number of predators at rest: it follows from the prey's equation."),
                Mistake(lambda m: m.d / m.c, "You divided the wrong way round."),
            ),
        ),
        Part(
            key="b",
            text="A small disturbance makes both numbers oscillate. With which period?",
            asks="small_period",
            unit="yr",
            hints=("Put $x = x^* + u$ and $y = y^* + v$ into the equations and drop the product $uv$: what is left near rest?",
                   "Differentiate the equation of $u$ and insert that of $v$. An oscillation $\\ddot u = -\\omega^2 u$ has the "
                   "angular frequency $\\omega$, in radians per year."),
            solution="Near rest the deviations obey $\\dot u = -(bc/d)\\,v$ and $\\dot v = (ad/b)\\,u$, an oscillation of angular frequency "
            "$\\sqrt{ac}$. The period is $2\\pi/\\sqrt{ac}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.sqrt(m.a * m.c) if abs(m.a * m.c - 1.0) > 0.1 else math.nan,
                        "That is the angular frequency, in radians per year. How long does a whole turn take?"),
                Mistake(lambda m: 1.0 / math.sqrt(m.a * m.c), "In this time the angle grows by one radian. A whole turn has $2\\pi$ of them."),
                Mistake(lambda m: 2.0 * math.pi / (m.a * m.c) if abs(m.a * m.c - 1.0) > 0.1 else math.nan,
                        "You forgot the square root; check the unit."),
                Mistake(lambda m: math.sqrt(m.a * m.c) / (2.0 * math.pi), "That is the frequency."),
            ),
        ),
        Part(
            key="c",
            text="Fishing removes both prey and predators at the same rate, 0.3 per year. How many prey are there at rest now?",
            asks=lambda m: (m.c + 0.3) / m.d,
            unit="",
            hints=("Which of $a$ and $c$ does fishing change, and in which direction?",),
            solution="Fishing lowers $a$ and raises $c$ by 0.3 per year. At rest there are now $(c + 0.3)/d$ = [[answer]] prey, more than before, "
            "and fewer predators. Volterra explained in this way why the share of predators in the fish markets of the Adriatic rose "
            "during and just after the war, when fishing had stopped.",
            mistakes=(
                Mistake(lambda m: (m.c - 0.3) / m.d, "You let fishing help the predators to live longer. It adds to their deaths."),
                Mistake(lambda m: m.c / m.d, "You changed the prey's growth only. That moves the predators, not the prey."),
                Mistake(lambda m: (m.a - 0.3) / m.b, "That is the number of predators at rest."),
            ),
        ),
    ),
)  # fmt: skip
