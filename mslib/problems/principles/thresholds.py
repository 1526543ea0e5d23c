"""Problems on thresholds: charge in a neuron, autoinducer in a pocket, and a quorum with a memory."""

import math

from mslib.principles.thresholds import GatedNeuron, Neuron, Pocket, Quorum

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

CUT = 0.4
CHAIN = 3
SHARP = 0.01
ELEMENTARY = 1.602176634e-4

guess_current = Question(
    key="guess-current",
    text="A steady current through open ion channels brings a neuron to its threshold in two milliseconds. "
    "A drug now blocks half of the channels. How long does the neuron take?",
    options=(
        Option(
            "Two milliseconds: the threshold is the same.",
            "The threshold is the same, but the charge arrives at half the rate.",
        ),
        Option(
            "Exactly four milliseconds.",
            "That would hold for a membrane that keeps every ion. A real one leaks, the more so the longer it takes.",
        ),
        Option(
            "More than four milliseconds, perhaps for ever.",
            "A leak carries charge away all the time. If half the current only just balances it below the threshold, "
            "the neuron waits for ever.",
            right=True,
        ),
        Option(
            "Between two and four milliseconds.",
            "Half the current alone doubles the time, and nothing in the cell makes up for it.",
        ),
    ),
)

slow_reflex = Problem(
    key="slow-reflex",
    title="A channelopathy slows a reflex",
    model=Neuron(C=8e6 * ELEMENTARY / 15.0, rise=15.0, N=200, i=1e4 * ELEMENTARY, g=0.0),
    text="A neuron fires when [[ions]] elementary charges have entered. [[N]] channels are open, and ions pass through "
    "each of them at the rate [[flux]]. Take the membrane to be without leak.",
    vary={"C": (30.0, 100.0), "N": (80, 400), "i": (0.8, 3.0)},
    parts=(
        Part(
            key="a",
            text="How long does the healthy neuron take to fire?",
            asks="ideal_time",
            unit="ms",
            hints=(
                "How many ions enter through all the channels in one millisecond?",
                "You know how many charges are needed and how many enter per millisecond. Which combination of the two is a time?",
            ),
            solution="All channels together pass $N i/e$ = [[total]]. "
            "The charges needed, divided by this rate, take $t_0 = (Q/e)/(N i/e) = Q/(N i)$ = [[answer]].",
            let={"total": (lambda m: m.N * m.flux, "1/ms")},
            mistakes=(
                Mistake(
                    lambda m: m.ions / m.flux,
                    "You let a single channel do all the work. There are many, and they work at the same time.",
                ),
                Mistake(
                    lambda m: 1.0 / m.ideal_time,
                    "You divided the wrong way round: that is a rate, how often per millisecond, not a time.",
                ),
            ),
        ),
        Part(
            key="b",
            text="A mutation cuts the flux of every channel by 40 %. How long does the mutant neuron take?",
            asks=lambda m: m.ideal_time / (1 - CUT),
            unit="ms",
            hints=(
                "What share of the flux is left?",
                "Had half of the flux been lost, how many times as long would it take? Reason in the same way with your share.",
            ),
            solution="A share of 0.6 of the flux is left. The time is inversely proportional to it: "
            "[[ideal_time]] / 0.6 = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.ideal_time * (1 + CUT),
                    "You added 40 % to the time. The flux stands in the denominator: divide by the share that is left.",
                ),
                Mistake(
                    lambda m: m.ideal_time * (1 - CUT),
                    "Your mutant is faster. Less flux fills the membrane more slowly.",
                ),
                Mistake(
                    lambda m: m.ideal_time / CUT,
                    "You divided by the share that is lost instead of the share that is left.",
                ),
            ),
        ),
        Part(
            key="c",
            text="A reflex runs through a chain of three such neurons, each fired by the one before. "
            "By how much does the mutation delay it?",
            asks=lambda m: CHAIN * m.ideal_time * CUT / (1 - CUT),
            unit="ms",
            hints=(
                "How much does one neuron lose?",
                "The delay is added anew in every neuron of the chain.",
            ),
            solution="Each neuron loses $t_0/0.6 - t_0$ = [[lost]]. Three in a chain lose three times as much: [[answer]].",
            let={"lost": (lambda m: m.ideal_time * CUT / (1 - CUT), "ms")},
            mistakes=(
                Mistake(
                    lambda m: m.ideal_time * CUT / (1 - CUT),
                    "That is the delay in one neuron. It is repeated in every neuron of the chain.",
                ),
                Mistake(
                    lambda m: CHAIN * m.ideal_time / (1 - CUT),
                    "That is the whole time of the mutant chain. The healthy chain takes time as well: subtract it.",
                ),
                Mistake(
                    lambda m: CHAIN * m.ideal_time * CUT,
                    "You took 40 % of the healthy time. To lose 40 % of the flux costs more than 40 % of the time: see part (b).",
                ),
                Mistake(
                    lambda m: CHAIN * m.ideal_time * (1 - CUT),
                    "That is less than the healthy chain takes: you multiplied by the share that is left. "
                    "Find the mutant's time first, then the difference.",
                ),
            ),
        ),
    ),
)

leaky_neuron = Problem(
    key="leaky-neuron",
    title="What a leak costs",
    model=Neuron(C=30.0, rise=15.0, N=100, i=2.2, g=8.0),
    text="A neuron of capacitance $C$ = [[C]] leaks with the conductance $g$ = [[g]]. "
    "It fires when its potential has risen by $\\Delta V$ = [[rise]]. [[N]] channels are open and pass [[i]] each.",
    vary={"C": (10.0, 60.0), "rise": (10.0, 25.0), "N": (60, 400), "i": (1.0, 3.0), "g": (3.0, 25.0)},
    fits=lambda m: 0.25 < m.rheobase / m.current < 0.9,
    parts=(
        Part(
            key="a",
            text="What is the rheobase, the largest steady current that never fires the neuron?",
            asks="rheobase",
            unit="pA",
            hints=(
                "With a steady current the potential settles where as much flows out as in.",
                "Which current leaks away when the potential stands exactly at the threshold?",
            ),
            solution="At the threshold the leak carries $g\\,\\Delta V$ = [[answer]]. "
            "A current that does not exceed it is balanced before the threshold is reached.",
            mistakes=(
                Mistake(
                    lambda m: m.current,
                    "That is the current that does flow. The question is how much the leak can take away.",
                ),
                Mistake(
                    lambda m: m.charge,
                    "You multiplied by the capacitance: $C\\,\\Delta V$ is the threshold charge. "
                    "A steady balance does not depend on $C$.",
                ),
            ),
        ),
        Part(
            key="b",
            text="How long does the neuron take to fire?",
            asks="time",
            unit="ms",
            hints=(
                "The potential rises as $(I/g)(1 - e^{-t/\\tau})$ with $\\tau = C/g$.",
                "Set it equal to $\\Delta V$ and solve for $t$; the rheobase appears by itself.",
            ),
            solution="With $I = N i$ = [[current]] and $\\tau = C/g$ = [[tau]], the threshold is met where "
            "$1 - e^{-t/\\tau} = g\\Delta V/I$. So $t = -\\tau\\ln(1 - g\\Delta V/I)$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.ideal_time,
                    "That is $C\\Delta V/I$, the time without leak. Some of the charge is lost again on the way.",
                ),
                Mistake(
                    lambda m: -m.tau * math.log(m.rheobase / m.current),
                    "You solved $e^{-t/\\tau} = g\\Delta V/I$, a decay. The potential builds up: $1 - e^{-t/\\tau}$.",
                ),
                Mistake(
                    lambda m: -m.tau * math.log10(1 - m.rheobase / m.current),
                    "You took the logarithm to base 10. Undoing $e^{-t/\\tau}$ needs the natural logarithm.",
                ),
                Mistake(
                    lambda m: m.tau,
                    "That is the time constant of the membrane. When the threshold is met depends on the current too.",
                ),
            ),
        ),
        Part(
            key="c",
            text="These are channels of synapses, which let several kinds of cation through. Their current is not constant: it "
            "falls in proportion as the potential rises, and would vanish 70 mV above rest. How long does the neuron take if there is no leak at all?",
            asks=lambda m: m.replace(g=0.0).time_with_drive(70.0),
            unit="ms",
            hints=(
                "A current $I(1 - V/E)$ is a constant current $I$ and a leak. What is the conductance of that leak?",
                "The lost share at the threshold is now $\\Delta V/E$ in place of $g\\Delta V/I$.",
            ),
            solution="The current is $I - (I/E)V$, so the channels themselves act as a leak of conductance $I/E$. "
            "The share lost at the threshold is $x = \\Delta V/E$ = [[lost]] and "
            "$t = t_0\\,(-\\ln(1 - x)/x)$ with $t_0 = C\\Delta V/I$ = [[ideal_time]]. That makes [[answer]].",
            let={"lost": (lambda m: m.rise / 70.0, "")},
            mistakes=(
                Mistake(
                    lambda m: m.ideal_time,
                    "That is the time for a constant current. Here it weakens on the way.",
                ),
                Mistake(
                    lambda m: m.ideal_time / (1 - m.rise / 70.0),
                    "You used the weakest current, the one at the threshold, for the whole way.",
                ),
                Mistake(
                    lambda m: m.time_with_drive(70.0),
                    "You kept the leak as well. Here the falling current is the only loss.",
                ),
            ),
        ),
    ),
)

lone_bacterium = Problem(
    key="lone-bacterium",
    title="When does a lone bacterium switch on?",
    model=Pocket(p=800.0, V=10.0, k=0.25, C_crit=400.0),
    text="A bacterium in a closed pocket of volume $V$ = [[V]] makes autoinducer at the rate $p$ = [[p]]; "
    "the molecules are degraded with $k$ = [[k]]. Starting from none, the cell switches when the concentration "
    "reaches [[C_crit]]. (1 nM in 1 fL is 0.6022 molecules.)",
    vary={"p": (300.0, 3000.0), "V": (4.0, 40.0), "k": (0.05, 0.6), "C_crit": (100.0, 800.0)},
    fits=lambda m: 0.3 < m.least_production / m.p < 0.93 and abs(m.k * m.time / math.log(2) - 1) > 0.05,
    parts=(
        Part(
            key="a",
            text="Which concentration would the pocket reach in the end?",
            asks="plateau",
            unit="nM",
            hints=(
                "In the end as many molecules are degraded per minute as are made.",
                "Find the number of molecules first, then turn it into a concentration.",
            ),
            solution="Production balances degradation when $p/k$ = [[number]] molecules are present. "
            "In [[V]] they make $C_\\infty = p/(k V N_A)$ = [[answer]].",
            let={"number": (lambda m: m.p / m.k, "")},
            mistakes=(
                Mistake(
                    lambda m: m.p / (m.k * m.V),
                    "That is molecules per femtolitre. One nM is 0.6022 molecules per femtolitre.",
                ),
                Mistake(
                    lambda m: m.p / (m.V * m.per_nM),
                    "That is how fast the concentration rises at first, per minute. Divide by $k$.",
                ),
                Mistake(
                    lambda m: m.p * m.per_nM / (m.k * m.V),
                    "You multiplied by 0.6022 molecules per nM and fL; a count becomes a concentration by dividing.",
                ),
            ),
        ),
        Part(
            key="b",
            text="After how many minutes does the cell switch?",
            asks="time",
            unit="min",
            hints=(
                "The concentration builds up as $C_\\infty(1 - e^{-kt})$.",
                "Set it equal to the critical concentration and solve for $t$.",
            ),
            solution="From $C_\\infty(1 - e^{-kt}) = C^*$ with $C_\\infty$ = [[plateau]] follows "
            "$t_{on} = -\\ln(1 - C^*/C_\\infty)/k$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.ideal_time,
                    "You ignored degradation: that is how long the molecules take if none is lost.",
                ),
                Mistake(
                    lambda m: -math.log(m.C_crit / m.plateau) / m.k,
                    "You solved $C_\\infty e^{-kt} = C^*$, a decay. Here the concentration builds up from nothing.",
                ),
                Mistake(
                    lambda m: -math.log10(1 - m.C_crit / m.plateau) / m.k,
                    "You took the logarithm to base 10. Undoing $e^{-kt}$ needs the natural logarithm.",
                ),
                Mistake(
                    lambda m: math.log(2) / m.k,
                    "That is the half-time of degradation, when half the plateau is reached. "
                    "The critical concentration is another share of it.",
                ),
            ),
        ),
        Part(
            key="c",
            text="Below which production rate would the cell never switch?",
            asks="least_production",
            unit="1/min",
            hints=(
                "A cell that makes too little gets stuck at a plateau. How high is the plateau in the worst case that still switches?",
                "At that plateau production only just makes up for the loss. Which number of molecules is exposed to the loss then?",
            ),
            solution="At $C^*$ the pocket holds $C^* V N_A$ = [[molecules]] molecules, of which a share $k$ is lost per "
            "minute. Production must exceed $p_{min} = k\\,C^* V N_A$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.molecules,
                    "That is the number of molecules at the switch. How many of them are lost per minute?",
                ),
                Mistake(
                    lambda m: m.k * m.C_crit * m.V,
                    "You took one nM in one fL to be one molecule. It is 0.6022 of a molecule.",
                ),
                Mistake(
                    lambda m: m.k * m.least_production,
                    "You applied $k$ twice. It turns a number of molecules into molecules lost per minute, once.",
                ),
                Mistake(
                    lambda m: m.molecules / m.time,
                    "You asked for the molecules within the time of part (b). The question is whether they ever suffice.",
                ),
            ),
        ),
    ),
)

channel_noise = Problem(
    key="channel-noise",
    title="How many channels make a clock?",
    model=GatedNeuron(I=240.0, N=240, alpha=0.5, beta=1.0, g=0.0),
    text="A membrane without leak is charged by $N$ = [[N]] channels that open with $\\alpha$ = [[alpha]] and close with "
    "$\\beta$ = [[beta]], each on its own. Their mean current is [[I]]. It fires when its potential has risen by "
    "[[rise]]; its capacitance is [[C]].",
    vary={"N": (50, 2000), "alpha": (0.3, 3.0), "beta": (0.3, 3.0), "I": (120.0, 400.0), "C": (10.0, 60.0)},
    fits=lambda m: 0.02 < m.time_cv < 0.15,
    parts=(
        Part(
            key="a",
            text="What is the standard deviation of the current?",
            asks="current_sd",
            unit="pA",
            hints=(
                "Which share of the channels is open on average, and what does one of them carry?",
                "The number of open channels is binomial.",
            ),
            solution="A share $p = \\alpha/(\\alpha+\\beta)$ = [[open_fraction]] is open, and each open channel carries "
            "$i = I/(Np)$ = [[i]]. The number of open channels has the standard deviation $\\sqrt{N p (1-p)}$, "
            "the current $\\sigma_I = i\\sqrt{N p (1-p)}$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.i * math.sqrt(m.N * m.open_fraction),
                    "You used Poisson's law. No more than $N$ channels can be open, which makes the number binomial.",
                ),
                Mistake(
                    lambda m: m.i * m.N * m.open_fraction * (1 - m.open_fraction),
                    "You used the variance of the number of open channels. Take its square root.",
                ),
                Mistake(
                    lambda m: math.sqrt(m.I),
                    "The square-root rule holds for counts, not for picoamperes: count the channels first.",
                ),
                Mistake(
                    lambda m: m.current_sd * m.open_fraction,
                    "You shared the current among all $N$ channels, or counted open channels and left out what one carries. "
                    "Only the open ones carry current: what does each of them pass?",
                ),
                Mistake(
                    lambda m: m.current_sd**2,
                    "That is the variance of the current, in pA². Its root is the standard deviation.",
                ),
                Mistake(
                    lambda m: math.sqrt(m.I * (1 - m.open_fraction)),
                    "You put picoamperes under the root. Take the root of the variance of the number of open channels first, "
                    "then turn it into a current.",
                ),
            ),
        ),
        Part(
            key="b",
            text="The firing time of this cell scatters by [[time_cv]] of its mean. How many channels of smaller current "
            "would have to share the same mean current for the scatter to be one per cent?",
            asks=lambda m: m.N * (m.time_cv / SHARP) ** 2,
            unit="",
            hints=(
                "How does the relative scatter of a sum of independent channels depend on their number?",
                "By which factor does the scatter have to shrink? How many times as many channels does that take?",
            ),
            solution="The relative scatter falls as $1/\\sqrt N$. To divide it by [[factor]] takes the square of that factor "
            "times as many channels: [[answer]].",
            let={"factor": (lambda m: m.time_cv / SHARP, "")},
            mistakes=(
                Mistake(
                    lambda m: m.N * m.time_cv / SHARP,
                    "You let the scatter fall as $1/N$. Independent channels average out as $1/\\sqrt N$ only.",
                ),
                Mistake(
                    lambda m: 1.0 / SHARP**2,
                    "You took the scatter to be $1/\\sqrt N$ itself. It is proportional to that; use the value given.",
                ),
            ),
        ),
    ),
)

quorum_memory = Problem(
    key="quorum-memory",
    title="A colony with a memory",
    model=Quorum(n=2e8, a=8.0, F=40.0, K=8.0, h=2.5, k=0.02),
    text="Each cell of a colony makes molecules of autoinducer at the rate $a$ = [[a]], and up to $F$ = [[F]] times $a$ "
    "more when it is induced. Half induction needs $K$ = [[K]], with the Hill coefficient $h$ = [[h]]. Autoinducer is "
    "lost with $k$ = [[k]]. The density is $n$ = [[n]]. (1 nM is 6.022×10¹¹ molecules per mL.)",
    vary={
        "n": (1e8, 8e8),
        "a": (2.0, 20.0),
        "F": (20.0, 200.0),
        "K": (2.0, 20.0),
        "h": (1.6, 4.0),
        "k": (0.003, 0.03),
    },
    fits=lambda m: 1.5 * m.least_feedback < m.F and m.up > 1.2 * m.down,
    parts=(
        Part(
            key="a",
            text="Which concentration would this colony settle at if no cell were induced?",
            asks="basal",
            unit="nM",
            hints=("As many molecules are lost per minute as are made.",),
            solution="Per millilitre $n a$ molecules are made per minute and $k C N_A$ are lost. They balance at "
            "$C_0 = n a/(k N_A)$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: m.basal * (1 + m.F),
                    "That is the concentration with every cell fully induced.",
                ),
                Mistake(
                    lambda m: m.n * m.a / m.per_nM,
                    "That is how much is made per minute. Divide by the rate constant of the loss.",
                ),
            ),
        ),
        Part(
            key="b",
            text="How strong must the feedback $F$ be at least, for this Hill coefficient, if the colony is to have a memory?",
            asks="least_feedback",
            unit="",
            hints=(
                "Memory needs two folds: the quadratic for $w = (C/K)^h$ must have two positive roots.",
                "Set the discriminant of $(1+F)w^2 + (2 + F - Fh)w + 1 = 0$ to zero and solve for $F$.",
            ),
            solution="Two roots need $(F(h-1) - 2)^2 > 4(1+F)$. Multiplied out, this is $F (h-1)^2 > 4h$, so "
            "$F_{min} = 4h/(h-1)^2$ = [[answer]].",
            mistakes=(
                Mistake(
                    lambda m: 2 / (m.h - 1),
                    "That only makes the middle coefficient negative. The roots must be real as well.",
                ),
                Mistake(
                    lambda m: 4 / (m.h - 1) ** 2,
                    "A factor $h$ was lost when the discriminant was multiplied out.",
                ),
            ),
        ),
        Part(
            key="c",
            text="The colony starts off and grows slowly. At which density does it switch on?",
            asks="up",
            unit="1/mL",
            hints=(
                "The off state ends at the smaller root of the quadratic for $w = (C/K)^h$.",
                "From $w$ find $C$, and from $C$ the density $n = k N_A C / (a (1 + F w/(1+w)))$.",
            ),
            solution="The smaller root of $(1+F)w^2 + (2 + F - Fh)w + 1 = 0$ is $w$ = [[w]], which is "
            "$C_{up} = K w^{1/h}$ = [[fold_up]]. It is steady at the density "
            "$n_{up} = k N_A C_{up}/(a(1 + F w/(1+w)))$ = [[answer]].",
            let={"w": (lambda m: (m.fold_up / m.K) ** m.h, "")},
            mistakes=(
                Mistake(
                    lambda m: m.down,
                    "You took the larger root. That is where a colony that is on switches off.",
                ),
                Mistake(
                    lambda m: m.K * m.k * m.per_nM / m.a,
                    "You asked when cells that are not induced reach $K$. Feedback runs away before that.",
                ),
                Mistake(
                    lambda m: m.fold_up * m.k * m.per_nM / m.a,
                    "You left out that the cells are partly induced at the fold, and so need fewer neighbours.",
                ),
            ),
        ),
    ),
)
