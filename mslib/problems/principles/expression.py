"""Problems on the noise of gene expression."""

import math
from dataclasses import dataclass

from mslib.model import Model, derived, param
from mslib.principles.expression import TwoReporters, TwoStage

from ..problem import Mistake, Part, Problem
from ..question import Option, Question

MORE_OFTEN = 4.0

guess_noise = Question(
    key="guess-noise",
    text="Two genes give the same mean, 1,000 proteins a cell. The first is transcribed often, and each of its "
    "transcripts yields a few proteins. The second is transcribed sixteen times less often, and each transcript "
    "yields sixteen times as many. Whose protein differs more from cell to cell?",
    options=(
        Option("The first gene's: it has more events, and each event is a chance.",
               "More events make a sum steadier, not noisier: their chances average out."),
        Option("The second gene's: its proteins come in a few large bursts.",
               "A cell that happens to make one transcript more gets a whole burst of proteins more.", right=True),
        Option("Neither: the same mean makes the same noise.",
               "That holds if proteins are made one by one, each on its own. Those of one transcript are not on their own."),
        Option("That depends on how long the proteins live.",
               "The lifetime is the same for both genes here. It sets how fast a cell forgets, and how many bursts it "
               "remembers at once."),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class TwoProteins(Model):
    """Two proteins that are made and lost one at a time, so that their counts are Poisson."""

    mean_a: float = param(16.0, "", "mean count of A", low=3.0, high=90.0, log=True, symbol="µ_A", scale="cell",
                          source="illustrative")  # fmt: skip
    mean_b: float = param(6400.0, "", "mean count of B", low=500.0, high=9000.0, log=True, symbol="µ_B",
                          scale="cell", source="illustrative")  # fmt: skip
    part_left: float = param(0.5, "", "part of the CV that is to remain", low=0.2, high=0.8, symbol="f",
                             domain="fraction", scale="cell", source="illustrative")  # fmt: skip

    @derived("", "coefficient of variation of A", scale="cell", symbol="CV_A")
    def cv_a(self):
        """Standard deviation over mean, 1/√µ."""
        return 1.0 / math.sqrt(self.mean_a)


rare_transporter = Problem(
    key="rare-transporter",
    title="The noise of a rare transporter",
    model=TwoProteins(),
    text="A bacterium makes a rare transporter A and a common enzyme B, each one molecule at a time, so that the "
    "counts in many cells follow Poisson laws. A cell holds [[mean_a]] molecules of A and [[mean_b]] of B on average.",
    vary={"mean_a": (3.0, 90.0), "mean_b": (500.0, 9000.0), "part_left": (0.25, 0.75)},
    parts=(
        Part(
            key="a",
            text="What is the coefficient of variation of A?",
            asks="cv_a",
            unit="",
            hints=("What is the variance of a Poisson law, given its mean?",
                   "The coefficient of variation is the standard deviation over the mean."),
            solution="A Poisson law has variance $\\sigma^2 = \\mu$, so $CV = \\sqrt{\\mu}/\\mu = 1/\\sqrt{\\mu}$. "
            "With $\\mu$ = [[mean_a]] this is [[answer]].",
            mistakes=(
                Mistake(lambda m: 1.0 / m.mean_a, "That is $CV^2 = 1/\\mu$. The coefficient of variation is its square root."),
                Mistake(lambda m: math.sqrt(m.mean_a),
                        "That is the standard deviation, in molecules. Divide it by the mean."),
                Mistake(lambda m: 1.0, "That is the Fano factor, variance over mean, which is one for every Poisson law. "
                        "The question is for the standard deviation over the mean."),
            ),
        ),
        Part(
            key="b",
            text="How many times as large is the coefficient of variation of A as that of B?",
            asks=lambda m: math.sqrt(m.mean_b / m.mean_a),
            unit="",
            hints=("Write both coefficients with the rule of part (a) and divide.",),
            solution="$CV_A/CV_B = \\sqrt{\\mu_B/\\mu_A}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.mean_b / m.mean_a, "That is the ratio of the means; the noise goes with its square root."),
                Mistake(lambda m: 1.0, "Both are Poisson, so their Fano factors are equal. Their coefficients of variation are not."),
                Mistake(lambda m: math.sqrt(m.mean_a / m.mean_b), "You divided B by A. The rare protein is the noisier one."),
            ),
        ),
        Part(
            key="c",
            text="By what factor must the mean of A grow for its coefficient of variation to fall to [[part_left]] of its value?",
            asks=lambda m: m.part_left**-2,
            unit="",
            hints=("$CV$ falls as $1/\\sqrt{\\mu}$. Solve for the factor of $\\mu$.",),
            solution="If $\\mu$ grows by the factor $q$, then $CV$ falls to $1/\\sqrt{q}$ of its value. "
            "Set $1/\\sqrt q$ = [[part_left]], so $q$ = [[answer]]: quiet is dear.",
            mistakes=(
                Mistake(lambda m: 1.0 / m.part_left,
                        "You let the coefficient of variation fall as $1/\\mu$. It falls as $1/\\sqrt\\mu$."),
                Mistake(lambda m: m.part_left**-0.5, "You took the root; the factor has to be squared."),
            ),
        ),
    ),
)  # fmt: skip

burst_size = Problem(
    key="burst-size",
    title="Reading the burst size off the noise",
    model=TwoStage(k_m=0.6, gamma_m=0.15, k_p=4.5, gamma_p=0.02),
    text="A gene that is always on is watched in many cells. Its protein has a mean of [[mean]] copies and a Fano factor "
    "(variance over mean) of [[fano]]. Transcripts are lost with the rate constant $\\gamma_m$ = [[gamma_m]] and proteins "
    "with $\\gamma_p$ = [[gamma_p]].",
    vary={"k_m": (0.1, 2.0), "k_p": (0.5, 8.0), "gamma_m": (0.05, 0.3), "gamma_p": (0.005, 0.05)},
    parts=(
        Part(
            key="a",
            text="How many proteins does one transcript yield on average?",
            asks="burst",
            unit="",
            hints=("Which formula joins the Fano factor, $b$ and $\\eta = \\gamma_p/\\gamma_m$?",
                   "Solve $F = 1 + b/(1 + \\eta)$ for $b$."),
            solution="With $\\eta = \\gamma_p/\\gamma_m$ = [[eta]], $F = 1 + b/(1+\\eta)$ gives "
            "$b = (F - 1)(1 + \\eta)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.fano - 1.0,
                        "You left out $\\eta$: while the transcript lives, some of its first proteins are lost already, "
                        "which smooths the burst."),
                Mistake(lambda m: m.fano, "That is the Fano factor itself. One would remain even without bursts."),
                Mistake(lambda m: m.mean / m.fano,
                        "You divided the mean by the Fano factor, which counts something like bursts in a protein's life. "
                        "The burst size does not need the mean."),
                Mistake(lambda m: m.fano * (1.0 + m.eta), "You forgot to take away the one that a Poisson law has."),
            ),
        ),
        Part(
            key="b",
            text="How many transcripts of this gene does a cell hold on average?",
            asks="mrna_mean",
            unit="",
            hints=("In the steady state as many proteins are made as are lost.",
                   "$\\langle p\\rangle = \\langle m\\rangle k_p/\\gamma_p$, and $k_p = b\\gamma_m$."),
            solution="Making and loss of proteins balance, $\\langle m\\rangle k_p = \\gamma_p\\langle p\\rangle$ with "
            "$k_p = b\\,\\gamma_m$. So $\\langle m\\rangle = \\langle p\\rangle\\,\\eta/b$ = [[answer]]: "
            "a protein this common can rest on very few transcripts.",
            mistakes=(
                Mistake(lambda m: m.mean / m.burst,
                        "That is how many transcripts were needed for the proteins that are there now. "
                        "Most of those transcripts are long gone: compare the lifetimes."),
                Mistake(lambda m: m.mean / m.fano, "You divided by the Fano factor instead of following the balance of proteins."),
                Mistake(lambda m: m.mean * m.eta, "You have the balance of the lifetimes, but each transcript yields $b$ proteins."),
            ),
        ),
    ),
)  # fmt: skip


def _rewritten(gene):
    """The same gene with four times the transcription and a quarter of the translation."""
    return gene.replace(k_m=MORE_OFTEN * gene.k_m, k_p=gene.k_p / MORE_OFTEN)


quiet_gene = Problem(
    key="quiet-gene",
    title="A quieter gene for the same mean",
    model=TwoStage(k_m=0.4, gamma_m=0.1, k_p=1.0, gamma_p=0.01),
    text="A gene is transcribed at $k_m$ = [[k_m]], each transcript is translated at $k_p$ = [[k_p]], and the rate constants of "
    "loss are $\\gamma_m$ = [[gamma_m]] and $\\gamma_p$ = [[gamma_p]].",
    vary={"k_m": (0.1, 2.0), "k_p": (0.3, 3.0), "gamma_m": (0.05, 0.3), "gamma_p": (0.005, 0.05)},
    fits=lambda m: 20.0 < m.mean < 5000.0,
    parts=(
        Part(
            key="a",
            text="What is the coefficient of variation of its protein?",
            asks="cv",
            unit="",
            hints=("First the mean, then the Fano factor.", "$CV^2 = F/\\langle p\\rangle$."),
            solution="The mean is $k_m k_p/(\\gamma_m\\gamma_p)$ = [[mean]] and $F = 1 + b/(1+\\eta)$ = [[fano]] with "
            "$b = k_p/\\gamma_m$ = [[burst]]. So $CV = \\sqrt{F/\\langle p\\rangle}$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: 1.0 / math.sqrt(m.mean),
                        "That is the noise of a Poisson law. The proteins of one transcript come together, which adds noise."),
                Mistake(lambda m: m.fano / m.mean, "That is $CV^2$; take its square root."),
                Mistake(lambda m: math.sqrt((1.0 + m.burst) / m.mean),
                        "You left out $\\eta$: the transcript takes time to yield its burst, which smooths it."),
                Mistake(lambda m: math.sqrt(m.fano) / m.mean, "You divided the root of $F$ by the mean; the mean belongs under the root."),
            ),
        ),
        Part(
            key="b",
            text="A mutant transcribes the gene four times as often and translates each transcript at a quarter of the rate. "
            "What is its coefficient of variation?",
            asks=lambda m: _rewritten(m).cv,
            unit="",
            hints=("The mean holds the product $k_m k_p$, the burst size only $k_p$. What happens to each of them?",
                   "The mean stays. Of $F = 1 + b/(1+\\eta)$ only the second part changes: write down the new $F$.",
                   "Then $CV^2 = F/\\langle p\\rangle$ as in part (a), and take the root."),
            solution="The mean stays at [[mean]], the burst size falls to a quarter, and $F$ falls from [[fano]] to [[quiet]]. "
            "So $CV$ falls from [[cv]] to [[answer]].",
            let={"quiet": (lambda m: _rewritten(m).fano, "")},
            mistakes=(
                Mistake(lambda m: m.cv, "The mean is the same but the noise is not: the bursts are smaller and more of them."),
                Mistake(lambda m: m.cv / 2.0,
                        "You divided all of $F$ by four. The one in $F = 1 + b/(1+\\eta)$ comes from single proteins and stays."),
                Mistake(lambda m: 2.0 * m.cv, "Your gene became noisier. Are the bursts of the mutant larger or smaller?"),
                Mistake(lambda m: _rewritten(m).cv ** 2, "That is $CV^2$ of the mutant; take its square root."),
                Mistake(lambda m: math.sqrt(4.0 * _rewritten(m).fano / m.mean),
                        "You let the mean fall to a quarter along with the translation. Four times as many transcripts make up for it."),
                Mistake(lambda m: m.cv / 4.0, "You divided $CV$ by four. It is a square root, and only a part of $F$ changes."),
            ),
        ),
    ),
)  # fmt: skip

noise_floor = Problem(
    key="noise-floor",
    title="Two colours in one cell",
    model=TwoReporters(mean=200.0, b=9.0, s=0.3),
    text="Two copies of one gene, with differently coloured proteins, sit in the same bacterium. Each protein has a mean of "
    "[[mean]] copies and a burst size of [[b]] (its transcripts are short-lived). Cells differ in how "
    "strongly they transcribe; this changes slowly and makes both genes of a cell vary together, with a coefficient of "
    "variation of [[s]].",
    vary={"mean": (50.0, 2000.0), "b": (2.0, 40.0), "s": (0.15, 0.5)},
    fits=lambda m: 0.2 < m.intrinsic / m.s**2 < 5.0,
    parts=(
        Part(
            key="a",
            text="What is the coefficient of variation of one of the proteins over all cells?",
            asks=lambda m: math.sqrt(m.total),
            unit="",
            hints=("Independent sources of noise add. Which quantity adds, $CV$ or $CV^2$?",
                   "Intrinsic: $(1+b)/\\mu$. Extrinsic: $s^2$."),
            solution="Variances add: $CV^2 = (1+b)/\\mu + s^2$ = [[intrinsic]] + [[floor]] = [[total]], so $CV$ = [[answer]].",
            let={"floor": (lambda m: m.s**2, "")},
            mistakes=(
                Mistake(lambda m: math.sqrt(m.intrinsic) + m.s, "You added the coefficients of variation. Variances add."),
                Mistake(lambda m: m.total, "That is $CV^2$; take its square root."),
                Mistake(lambda m: math.sqrt(1.0 / m.mean + m.s**2),
                        "You took the genes to be Poisson. Bursts multiply the intrinsic part by $1 + b$."),
                Mistake(lambda m: math.sqrt(m.intrinsic), "That is the intrinsic part alone, what the two genes of a cell do not share."),
                Mistake(lambda m: m.s, "That is the extrinsic part alone, what the two genes of a cell share."),
            ),
        ),
        Part(
            key="b",
            text="A stronger promoter raises the mean but not the burst size. At which mean do intrinsic and extrinsic noise weigh the same?",
            asks="crossover",
            unit="",
            hints=("Set the two parts of $CV^2$ equal.",),
            solution="$(1+b)/\\mu^* = s^2$ gives $\\mu^* = (1+b)/s^2$ = [[answer]]. Here half of $CV^2$ "
            "is floor already. With ten times the mean, $CV$ lies within 5 % of its floor $s$, and still more protein hardly quiets the gene.",
            mistakes=(
                Mistake(lambda m: 1.0 / m.s**2, "You took the gene to be Poisson. Bursts multiply the intrinsic part by $1 + b$."),
                Mistake(lambda m: (1.0 + m.b) / m.s, "You set $CV^2$ equal to $CV$: the floor of $CV^2$ is $s^2$."),
                Mistake(lambda m: m.b / m.s**2, "Even without bursts the intrinsic part is $1/\\mu$: it is $(1+b)/\\mu$, not $b/\\mu$."),
            ),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class SeenGene(TwoStage):
    """A gene whose proteins an instrument sees one by one, each with the same chance."""

    seen: float = param(0.3, "", "share of the proteins that is seen", low=0.05, high=1.0, domain="fraction", symbol="q",
                        scale="cell", source="illustrative")  # fmt: skip

    @derived("", "Fano factor of what is seen", scale="cell", symbol="F_q")
    def seen_fano(self):
        """Variance over mean of a count thinned by chance, 1 + q(F − 1)."""
        return 1.0 + self.seen * (self.fano - 1.0)


bursts_from_noise = Problem(
    key="bursts-from-noise",
    title="Reading burst size off the noise",
    model=SeenGene(k_m=0.5, gamma_m=0.1, k_p=2.0, gamma_p=0.01, seen=0.3),
    text="Many cells with a gene that is always on hold [[mean]] copies of its protein on average, with a Fano factor of [[fano]]. "
    "Transcripts are lost with $\\gamma_m$ = [[gamma_m]], proteins with $\\gamma_p$ = [[gamma_p]].",
    vary={"k_m": (0.1, 2.0), "k_p": (0.8, 8.0), "gamma_m": (0.05, 0.2), "gamma_p": (0.005, 0.03), "seen": (0.1, 0.6)},
    fits=lambda m: 8.0 < m.burst < 100.0 and 100.0 < m.mean < 9000.0,
    parts=(
        Part(
            key="a",
            text="What is the burst size $b$, the mean number of proteins from one transcript?",
            asks="burst",
            unit="",
            hints=("The Fano factor of a gene with two stages is $1 + b/(1+\\eta)$. What is $\\eta$?",
                   "$\\eta$ is the ratio of the two rate constants of loss; solve for $b$."),
            solution="$\\eta = \\gamma_p/\\gamma_m$ = [[eta]], so $b = (F - 1)(1 + \\eta)$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.fano - 1.0, "You took $\\eta$ to be zero. Transcripts live long enough here to blur their bursts."),
                Mistake(lambda m: m.fano, "You took the Fano factor for the burst size. Even proteins that come one by one have a Fano factor of one."),
                Mistake(lambda m: m.mean / m.fano, "You divided the mean by the Fano factor. That is near the number of bursts in the life of a protein, not their size."),
            ),
        ),
        Part(
            key="b",
            text="How many bursts does a cell have in an hour?",
            asks=lambda m: 60.0 * m.k_m,
            unit="1/h",
            hints=("In the steady state, bursts an hour times proteins a burst make up for the proteins that are lost in an hour.",
                   "Mind minutes and hours."),
            solution="Loss is $\\gamma_p\\langle p\\rangle$, gain $b$ a burst, so bursts come at the rate "
            "$\\gamma_p\\langle p\\rangle/b$ = [[answer]].",
            mistakes=(
                Mistake(lambda m: m.k_m, "That is the number in a minute."),
                Mistake(lambda m: 60.0 * m.gamma_p * m.mean, "That is how many proteins are made in an hour. Each burst brings $b$ of them."),
                Mistake(lambda m: 60.0 * m.gamma_m * m.mean / m.burst, "You balanced the proteins with the loss of the transcripts."),
                Mistake(lambda m: 60.0 * m.gamma_p * m.mean / m.fano, "You divided by the Fano factor instead of the burst size."),
            ),
        ),
        Part(
            key="c",
            text="Another laboratory sees each protein only with the chance [[seen]], does not know it, and reads the burst size off its own "
            "counts in the same way. Which burst size does it report?",
            asks=lambda m: (m.seen_fano - 1.0) * (1.0 + m.eta),
            unit="",
            hints=("Seeing each protein with a chance $q$ multiplies the mean by $q$. What does it do to the Fano factor? Think of $q$ near zero.",
                   "The Fano factor seen is $1 + q(F-1)$: rare sightings are nearly Poisson."),
            solution="Thinning by chance leaves $F_q = 1 + q(F - 1)$ = [[seen_fano]], from which follows $b_q = (F_q - 1)(1+\\eta) = q\\,b$ = "
            "[[answer]]. Noise tells the burst size in the units in which it is counted.",
            mistakes=(
                Mistake(lambda m: m.burst, "The burst is the same, but the laboratory sees only a part of it."),
                Mistake(lambda m: (m.seen * m.fano - 1.0) * (1.0 + m.eta),
                        "You multiplied the Fano factor by the share that is seen. Chance sightings add Poisson noise of their own: only $F - 1$ shrinks."),
                Mistake(lambda m: m.burst / m.seen, "You made the burst larger. What is seen of it is smaller."),
                Mistake(lambda m: m.seen_fano, "That is the Fano factor that the laboratory finds. Take away one and correct for $\\eta$."),
            ),
        ),
    ),
)  # fmt: skip
