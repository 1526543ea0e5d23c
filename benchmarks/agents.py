"""Agents on a field, and crowds on a lattice, beside Mesa: agent-updates per second, and how the cost scales."""

import functools
from dataclasses import replace

import numpy as np

from mslib.numerics.agents import AgentField, scatter
from mslib.numerics.exclusion import crowd, sprinkle
from mslib.numerics.grids import Grid

from .kernels import ratio, seconds

AGENTS, SIDE, STEPS = 10_000, 128, 4
DT, MOTILITY, DRIFT, RELEASE = 0.5, 1.0, 20.0, 0.2


def engine(side=SIDE):
    """Return cells that release, wander and climb on a square of unit spacing, split as a Mesa model is."""
    grid = Grid((side, side), (float(side), float(side)))
    return AgentField(grid, 20.0, 0.02, release=RELEASE, motility=MOTILITY, drift=DRIFT, order=1)


def hill(y, x):
    """Return the field at the start."""
    return 2.0 + np.cos(np.pi * y / SIDE) * np.cos(np.pi * x / SIDE)


@functools.cache
def mesa_swimmer():
    """Return the class of an agent that climbs and feeds a field, as a user of Mesa writes it: nearest grid cell."""
    import mesa

    class Swimmer(mesa.Agent):
        def __init__(self, model, y, x):
            super().__init__(model)
            self.y, self.x = y, x

        def step(self):
            field, top, noise = self.model.field, self.model.side - 1, self.model.noise
            i, j = int(self.y), int(self.x)
            up = field[min(i + 1, top)][j] - field[max(i - 1, 0)][j]
            along = field[i][min(j + 1, top)] - field[i][max(j - 1, 0)]
            y = self.y + 0.5 * DT * DRIFT * up + noise()
            x = self.x + 0.5 * DT * DRIFT * along + noise()
            self.y, self.x = self.model.turned(y), self.model.turned(x)
            self.model.made[int(self.y)][int(self.x)] += RELEASE

    return Swimmer


def mesa_model(places):
    """Return a Mesa model of swimmers; the field itself takes the same exact step as ours."""
    import random

    import mesa

    ours = engine()
    spread = ours._step_of_field(DT)

    class Pond(mesa.Model):
        def __init__(self):
            super().__init__(seed=1)
            self.side, draw = SIDE, random.Random(1).gauss
            width = (2.0 * MOTILITY * DT) ** 0.5
            self.noise = lambda: draw(0.0, width)
            self.field = ours.grid.field(hill)
            for y, x in places.tolist():
                mesa_swimmer()(self, y, x)

        def turned(self, x):
            x = abs(x)
            return x if x < self.side else max(2.0 * self.side - x - 1e-9, 0.0)

        def step(self):
            self.made = [[0.0] * self.side for _ in range(self.side)]
            self.field = self.field.tolist() if hasattr(self.field, "tolist") else self.field
            self.agents.do("step")
            self.field = spread.step(np.array(self.field), np.array(self.made))

    return Pond()


def swimmers():
    """Return our engine beside Mesa on 10,000 agents and a field of 128²; amounts equal, fields alike."""
    ours = engine()
    start = ours.start(scatter(ours.grid, AGENTS, rng=1), hill)

    def run(model=ours):
        return model.run(start, DT, STEPS, rng=2)

    def mesa(pond=None):
        pond = pond or mesa_model(start.positions)
        for _ in range(STEPS):
            pond.step()
        return pond

    state, pond = run(), mesa()
    held = np.asarray(pond.field)
    assert abs(held.sum() / ours.content(state) - 1) < 1e-9, "the same amount"
    assert np.sqrt(np.mean((held - state.field) ** 2)) < 0.05 * state.field.std(), "the same field but for chance"
    assert abs(ours.imbalance(state)) < 1e-12
    rounds = [
        (seconds(run), seconds(lambda: run(replace(ours, compiled=False))), seconds(lambda: mesa(pond)))
        for _ in range(5)
    ]
    fast, plain, peer = np.median(rounds, axis=0)
    shares = [np.median([r[i] / r[2] for r in rounds]) for i in (0, 1)]
    return [
        ("10,000 agents, field of 128²: compiled / Mesa", (fast, peer, shares[0]), "≤ 0.067", AGENTS * STEPS),
        ("10,000 agents, field of 128²: plain NumPy / Mesa", (plain, peer, shares[1]), "", AGENTS * STEPS),
    ]


def mesa_lattice(start, steps, hop, split):
    """Return how many cells a Mesa model of the same crowd holds after some steps."""
    import mesa
    from mesa.space import SingleGrid

    class Cell(mesa.Agent):
        def hop(self):
            grid, there = self.model.grid, self.model.next_to(self.pos)
            if grid.is_cell_empty(there):
                grid.move_agent(self, there)

        def split(self):
            there = self.model.next_to(self.pos)
            if self.model.grid.is_cell_empty(there):
                self.model.grid.place_agent(Cell(self.model), there)

    class Dish(mesa.Model):
        ways = ((1, 0), (-1, 0), (0, 1), (0, -1))

        def __init__(self):
            super().__init__(seed=3)
            self.grid = SingleGrid(*start.shape, torus=True)
            for place in np.argwhere(start).tolist():
                self.grid.place_agent(Cell(self), tuple(place))

        def next_to(self, pos):
            dy, dx = self.random.choice(self.ways)
            return (pos[0] + dy) % self.grid.width, (pos[1] + dx) % self.grid.height

        def step(self):
            chance = self.random.random
            for act, share in (("hop", hop), ("split", split)):
                cells = list(self.agents)
                for _ in range(len(cells)):
                    if chance() < share:
                        getattr(self.random.choice(cells), act)()

    dish = Dish()
    for _ in range(steps):
        dish.step()
    return len(dish.agents)


def lattice():
    """Return the lattice of Baker and Simpson beside Mesa: 100 × 100 sites, 30 % covered, 20 steps."""
    start, steps = sprinkle(100, 100, 3000, rng=1), 20
    ours = crowd(start, steps, hop=1.0, split=0.01, rng=2).counts[-1]
    theirs = mesa_lattice(start, steps, 1.0, 0.01)
    assert abs(ours - theirs) < 5 * np.sqrt(3000 * 0.3), "the same cover but for chance"
    timed = ratio(
        lambda: crowd(start, steps, hop=1.0, split=0.01, rng=2), lambda: mesa_lattice(start, steps, 1.0, 0.01), rounds=5
    )
    return [("crowd on 100 × 100 sites: compiled / Mesa", timed, "≤ 0.067", 3200 * steps)]


def scaling():
    """Return the cost of a step against agents and grid points as Markdown."""
    counts = (100, 1000, 10_000, 100_000, 1_000_000)
    rows = ["| grid points | " + " | ".join(f"{n:,} agents" for n in counts) + " |", "| --- " * (len(counts) + 1) + "|"]
    for side in (32, 128, 512):
        model = engine(side)
        cells = []
        for count in counts:
            state = model.start(scatter(model.grid, count, rng=1), 1.0)
            steps = max(1, 100_000 // count) if count < 100_000 else 1
            model.run(state, DT, 1, rng=1)
            once = min(seconds(lambda s=state, n=steps, m=model: m.run(s, DT, n, rng=1)) for _ in range(3)) / steps
            cells.append(f"{once * 1e3:.2f} ms ({count / once / 1e6:.2g} M/s)")
        rows.append(f"| {side}² | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def report():
    """Return ratios, goals, updates per second and scaling as Markdown."""
    rows = [
        "## Agents on a field",
        "",
        "| what | ours / ms | Mesa / ms | ratio | goal | ours, updates/s | Mesa, updates/s |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, (ours, theirs, share), goal, updates in (*swimmers(), *lattice()):
        speeds = f"{updates / ours / 1e6:.2f} M | {updates / theirs / 1e6:.3f} M"
        rows.append(f"| {name} | {ours * 1e3:.1f} | {theirs * 1e3:.1f} | {share:.4f} | {goal} | {speeds} |")
    return "\n".join(
        [*rows, "", "One step with motion, release and field, against agents and grid points:", "", scaling()]
    )


if __name__ == "__main__":
    print(report())
