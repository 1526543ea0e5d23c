"""Problems on reaction and diffusion: a graft, a front, a pattern."""

import math

from mslib.principles.reaction_diffusion import Front, Graft, Pattern

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

guess_front = Question(
    key="guess-front",
    text="Cells of a tumour wander and divide, and its edge advances. One drug cuts their division rate to a quarter, "
    "another cuts their motility (the diffusion coefficient of a wandering cell) to a quarter. "
    "Which slows the edge more, in the long run?",
    options=(
        Option("The drug against division.", "Division drives the edge, but only cells that have wandered ahead can divide there."),
        Option("The drug against motility.", "Wandering carries the edge, but the few cells ahead must multiply before they count."),
        Option("Both slow it equally.", "The only speed that a motility $D$ and a rate $r$ can make is $\\sqrt{rD}$ times a number, "
               "so either drug halves it.", right=True),
        Option("Neither: the tumour's pressure decides.", "Nothing in this picture pushes; the cells at the edge do not feel those behind."),
    ),
)  # fmt: skip

graft_thickness = Problem(
    key="graft-thickness",
    title="How thick may the graft be?",
    model=Graft(D=1000.0, k=1e-3, L=1000.0, need=0.2),
    text="A tissue graft of thickness $L$ = [[L]] is fed through one face; the other is sealed. "
    "A nutrient diffuses with $D$ = [[D]] and is taken up at a rate $k c$ with $k$ = [[k]].",
    vary={"D": (500.0, 3000.0), "k": (3e-4, 4e-3), "L": (400.0, 2000.0), "need": (0.1, 0.4)},
    fits=lambda m: 0.3 < m.damkohler < 6.0,
    parts=(
        Part(
            key="a",
            text="Think first of a tissue without faces. A molecule starts at some depth, wanders, and is taken up at another. How far "
            "apart are these two depths on average?",
            asks="length",
            unit="µm",
            hints=("Which length can you make of $D$ and $k$? Look at their units.",
                   "The places of uptake thin out as $e^{-|x|/\\lambda}$ to both sides of the start; the mean of $|x|$ is $\\lambda$."),
            solution="The places of uptake are distributed as $e^{-|x|/\\lambda}/(2\\lambda)$ with $\\lambda = \\sqrt{D/k}$, and the mean of $|x|$ "
            "is $\\lambda$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.D / m.k,
                        "You used $D/k$, which is an area. The length is its square root."),
                Mistake(lambda m: math.sqrt(2.0 * m.D / m.k),
                        "That is the root mean square of the distance, $\\sqrt{2D/k}$. Its mean is smaller, and equals the length "
                        "$\\sqrt{D/k}$ of the profile."),
            ),
        ),
        Part(
            key="b",
            text="What is the Damköhler number of the graft?",
            asks="damkohler",
            unit="",
            hints=("It compares the time to cross the graft, $L^2/D$, with the time to be taken up, $1/k$.",),
            solution="$Da = (L^2/D)\\,k = (L/\\lambda)^2$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.L**2 / m.D,
                        "You gave the time to cross the graft, in seconds. Compare it with the time to be taken up."),
                Mistake(lambda m: m.k * m.L / m.D, "You left a length over: $kL/D$ is not a pure number."),
            ),
        ),
        Part(
            key="c",
            text="Which share of the supply is left at the sealed face?",
            asks="edge",
            unit="",
            hints=("Nothing flows through the sealed face: the profile arrives there with slope zero.",
                   "The profile is $\\cosh((L-x)/\\lambda)/\\cosh(L/\\lambda)$."),
            solution="With $c(0)=c_0$ and $c'(L)=0$ the profile is $c_0\\cosh((L-x)/\\lambda)/\\cosh(L/\\lambda)$. "
            "At $x=L$ it leaves $1/\\cosh\\sqrt{Da}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.exp(-m.L / m.length),
                        "That is the profile of a tissue without end. In a finite one molecules that reach the sealed face turn "
                        "back, and the concentration there is higher."),
                Mistake(lambda m: 1.0 / (1.0 + m.damkohler),
                        "You treated the graft as one well-stirred compartment."),
                Mistake(lambda m: m.effectiveness,
                        "That is the mean over the graft. The sealed face gets less than the mean."),
            ),
        ),
        Part(
            key="d",
            text="Cells need the share $s$ = [[need]] of the supply. How thick may the graft be?",
            asks="thickest",
            unit="µm",
            hints=("Set the share at the sealed face equal to $s$ and solve for the thickness.",
                   "If your calculator has no arccosh: $\\mathrm{arccosh}\\,y = \\ln(y + \\sqrt{y^2-1})$."),
            solution="$1/\\cosh(L/\\lambda) = s$ gives $L = \\lambda\\,\\mathrm{arccosh}(1/s)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.length * math.log(1.0 / m.need),
                        "You used the exponential of a tissue without end."),
                Mistake(lambda m: m.length * math.sqrt(2.0 * (1.0 - m.need)),
                        "You let the uptake be the same at every depth."),
            ),
        ),
    ),
)  # fmt: skip

tumour_front = Problem(
    key="tumour-front",
    title="A tumour on the move",
    model=Front(D=0.05, r=0.02),
    text="Cells of a glioma wander with $D$ = [[D]] and multiply with $r$ = [[r]].",
    vary={"D": (0.04, 0.5), "r": (0.005, 0.04)},
    parts=(
        Part(
            key="a",
            text="How fast does its edge advance in the long run, in mm per year of 365 days?",
            asks="speed_per_year",
            unit="mm/yr",
            hints=("Which speed do $D$ and $r$ make together?",
                   "The thin edge ahead grows and spreads; its slowest possible front moves at $2\\sqrt{rD}$."),
            solution="$v^* = 2\\sqrt{rD}$ = [[speed]], and 365 days of that are [[answer]].",
            mistakes=(
                Mistake(lambda m: m.speed_per_year / 2.0, "You left out the factor 2 of the pulled front."),
                Mistake(lambda m: m.speed, "That is in mm per day; the answer is wanted per year of 365 days."),
                Mistake(lambda m: 2.0 * m.r * m.D * m.days_per_year, "You forgot the square root."),
                Mistake(lambda m: 4.0 * m.r * m.D * m.days_per_year, "You squared the speed."),
            ),
        ),
        Part(
            key="b",
            text="The front lags behind $v^*t$. By how much does this lag grow between the ages $t = 10/r$ and $t = 40/r$, by the "
            "logarithm in Bramson's law?",
            asks=lambda m: 1.5 * m.width * math.log(4.0),
            unit="mm",
            hints=("The lag is $\\tfrac32\\sqrt{D/r}\\,\\ln(rt)$ and a constant.", "The constant drops out of a difference of two lags."),
            solution="The constant drops out. With $\\sqrt{D/r}$ = [[width]] the lag grows by "
            "$\\tfrac32\\sqrt{D/r}\\,(\\ln 40 - \\ln 10) = \\tfrac32\\sqrt{D/r}\\,\\ln 4$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.width * math.log(4.0), "You left out the factor 3/2 of Bramson's law."),
                Mistake(lambda m: 1.5 * m.width * math.log10(4.0), "You took the logarithm to base 10."),
                Mistake(lambda m: 1.5 * m.width * math.log(40.0),
                        "That is the whole logarithm at $rt = 40$; most of it was there at $rt = 10$."),
                Mistake(lambda m: 1.5 * math.log(4.0) * math.sqrt(m.r * m.D),
                        "You used $\\sqrt{rD}$, a speed, for the length $\\sqrt{D/r}$."),
                Mistake(lambda m: 0.5 * m.width * math.log(4.0),
                        "The coefficient 1/2 belongs to the linear equation; saturation behind the front makes it 3/2."),
            ),
        ),
    ),
)  # fmt: skip

turing_ratio = Problem(
    key="turing-ratio",
    title="How different must the two be?",
    model=Pattern(a=0.2, b=1.0, D=1.0, k=0.01, d=40.0),
    text="An activator and its substrate react as in this chapter, with supplies $a$ = [[a]] and $b$ = [[b]] in units of the turnover "
    "$k$ = [[k]]. The activator diffuses with $D$ = [[D]].",
    vary={"a": (0.05, 0.2), "b": (0.8, 1.4), "D": (0.2, 5.0), "k": (0.002, 0.05)},
    fits=lambda m: m.jacobian.trace() < -0.05 and 3.0 < m.critical_ratio < 60.0,
    parts=(
        Part(
            key="a",
            text="Beyond which ratio $d$ of the diffusion coefficients does a pattern form?",
            asks="critical_ratio",
            unit="",
            hints=("At rest $u = a + b$ and $w = b/(a+b)^2$; there $f_u = -1 + 2uw$, $f_w = u^2$, $g_u = -2uw$ and $g_w = -u^2$.",
                   "At the threshold the determinant of the linear system just touches zero as a function of $q^2$.",
                   "That happens where $d f_u + g_w = 2\\sqrt{d\\,\\Delta}$ with $\\Delta = f_u g_w - f_w g_u$."),
            solution="The quadratic $d q^4 - (d f_u + g_w) q^2 + \\Delta$ touches zero where $d f_u + g_w = 2\\sqrt{d\\,\\Delta}$; "
            "this quadratic equation in $\\sqrt d$ has the positive root squared in $d_c = \\left((\\sqrt\\Delta + \\sqrt{\\Delta - f_u g_w})/f_u\\right)^2$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: -m.jacobian[1, 1] / m.jacobian[0, 0],
                        "You asked only that $d f_u + g_w$ be positive. That is necessary but not enough: the determinant must "
                        "become negative as well."),
                Mistake(lambda m: math.sqrt(m.critical_ratio), "That is $\\sqrt{d_c}$; square it."),
            ),
        ),
        Part(
            key="b",
            text="Which wavelength appears at that threshold?",
            asks=lambda m: 2.0 * math.pi * math.sqrt(m.D / m.k) * (m.critical_ratio / _determinant(m)) ** 0.25,
            unit="µm",
            hints=("At the threshold the quadratic has a double root $q^2$. Where?",
                   "The product of its roots is $\\Delta/d$, so $q_c^2 = \\sqrt{\\Delta/d_c}$ in units of $k/D$."),
            solution="The double root is $q_c^2 = \\sqrt{\\Delta/d_c}\\;k/D$, so the wavelength is "
            "$2\\pi/q_c = 2\\pi\\sqrt{D/k}\\,(d_c/\\Delta)^{1/4}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: math.sqrt(m.D / m.k) * (m.critical_ratio / _determinant(m)) ** 0.25,
                        "That is $1/q_c$. A wave repeats after $2\\pi/q_c$."),
                Mistake(lambda m: 2.0 * math.pi * math.sqrt(m.D / m.k) * (m.critical_ratio / _determinant(m)) ** 0.5,
                        "You took $\\sqrt{\\Delta/d_c}$ for $q_c$; it is $q_c^2$."),
            ),
        ),
    ),
)  # fmt: skip


def _determinant(model):
    (fu, fw), (gu, gw) = model.jacobian
    return fu * gw - fw * gu
