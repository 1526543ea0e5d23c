"""Compiled loops of `mslib.numerics.agents` and `mslib.numerics.exclusion`; importing this module needs numba."""

from math import floor

from numba import njit

OPTIONS = {
    "fastmath": {"nsz", "arcp", "contract", "afn", "reassoc"},
    "error_model": "numpy",
    "cache": True,
    "nogil": True,
}


@njit(inline="always", **OPTIONS)
def pair(place, width, cells, periodic):
    """Return the two grid cells whose centres enclose a place along one axis, and the share of the upper one."""
    s = place / width - 0.5
    low = floor(s)
    share, high = s - low, low + 1
    if periodic:
        return (low + cells) % cells, (high + cells) % cells, share
    return max(low, 0), min(high, cells - 1), share


@njit(**OPTIONS)
def deposit(positions, amounts, widths, periodic, out):
    """Add the agents' amounts to the grid cells around them."""
    for i in range(positions.shape[0]):
        a, b, u = pair(positions[i, 0], widths[0], out.shape[0], periodic[0])
        c, d, v = pair(positions[i, 1], widths[1], out.shape[1], periodic[1])
        upper = u * amounts[i]
        lower = amounts[i] - upper
        out[a, c] += lower * (1.0 - v)
        out[a, d] += lower * v
        out[b, c] += upper * (1.0 - v)
        out[b, d] += upper * v


@njit(**OPTIONS)
def gather(positions, field, widths, periodic, out):
    """Write the field at the agents' places, interpolated between cell centres."""
    for i in range(positions.shape[0]):
        a, b, u = pair(positions[i, 0], widths[0], field.shape[0], periodic[0])
        c, d, v = pair(positions[i, 1], widths[1], field.shape[1], periodic[1])
        near = field[a, c] + v * (field[a, d] - field[a, c])
        out[i] = near + u * (field[b, c] + v * (field[b, d] - field[b, c]) - near)


@njit(inline="always", **OPTIONS)
def beside(index, step, cells, periodic):
    """Return a neighbour's index along one axis; a sealed wall mirrors the field."""
    other = index + step
    if periodic:
        return (other + cells) % cells
    return min(max(other, 0), cells - 1)


@njit(inline="always", **OPTIONS)
def slope_at(x, y, field, widths, periodic):
    """Return the gradient at a place: central differences at cell centres, interpolated between them."""
    rows, columns = field.shape
    s, z = x / widths[0] - 0.5, y / widths[1] - 0.5
    a, c = floor(s), floor(z)
    u, v = s - a, z - c
    if 0 < a < rows - 2 and 0 < c < columns - 2:
        near = (
            field[a + 1, c] - field[a - 1, c] + u * (field[a + 2, c] - field[a, c] - field[a + 1, c] + field[a - 1, c])
        )
        far = field[a + 1, c + 1] - field[a - 1, c + 1]
        far += u * (field[a + 2, c + 1] - field[a, c + 1] - field[a + 1, c + 1] + field[a - 1, c + 1])
        low = (
            field[a, c + 1] - field[a, c - 1] + v * (field[a, c + 2] - field[a, c] - field[a, c + 1] + field[a, c - 1])
        )
        high = field[a + 1, c + 1] - field[a + 1, c - 1]
        high += v * (field[a + 1, c + 2] - field[a + 1, c] - field[a + 1, c + 1] + field[a + 1, c - 1])
        return 0.5 * (near + v * (far - near)) / widths[0], 0.5 * (low + u * (high - low)) / widths[1]
    return slope_near_edge(x, y, field, widths, periodic)


@njit(**OPTIONS)
def slope_near_edge(x, y, field, widths, periodic):
    """Return the gradient at a place, wherever it is."""
    rows, columns = field.shape
    a, b, u = pair(x, widths[0], rows, periodic[0])
    c, d, v = pair(y, widths[1], columns, periodic[1])
    down, along = 0.0, 0.0
    for row, w in ((a, 1.0 - u), (b, u)):
        above, below = beside(row, 1, rows, periodic[0]), beside(row, -1, rows, periodic[0])
        for column, z in ((c, 1.0 - v), (d, v)):
            right, left = beside(column, 1, columns, periodic[1]), beside(column, -1, columns, periodic[1])
            down += w * z * (field[above, column] - field[below, column])
            along += w * z * (field[row, right] - field[row, left])
    return 0.5 * down / widths[0], 0.5 * along / widths[1]


@njit(**OPTIONS)
def slope(positions, field, widths, periodic, out):
    """Write the gradient at the agents' places."""
    for i in range(positions.shape[0]):
        out[i, 0], out[i, 1] = slope_at(positions[i, 0], positions[i, 1], field, widths, periodic)


@njit(inline="always", **OPTIONS)
def folded(x, length, periodic):
    """Return a place along one axis, brought back into the box."""
    if 0.0 <= x <= length:
        return x
    if periodic:
        return x - length * floor(x / length)
    x -= 2.0 * length * floor(x / (2.0 * length))
    return length - abs(x - length)


@njit(**OPTIONS)
def fold(positions, lengths, periodic):
    """Bring places back into the box, in place."""
    for i in range(positions.shape[0]):
        for axis in range(positions.shape[1]):
            positions[i, axis] = folded(positions[i, axis], lengths[axis], periodic[axis])


@njit(**OPTIONS)
def inside(positions, lengths):
    """Return whether all places are numbers inside the box."""
    for i in range(positions.shape[0]):
        for axis in range(positions.shape[1]):
            if not 0.0 <= positions[i, axis] <= lengths[axis]:
                return False
    return True


@njit(**OPTIONS)
def climb(positions, shake, field, widths, lengths, periodic, drift, dt, out):
    """Write places after a step of Heun's method along the gradient; return the longest way along an axis."""
    longest = 0.0
    for i in range(positions.shape[0]):
        x, y, reach = positions[i, 0], positions[i, 1], dt * drift[i]
        if shake.shape[0]:
            goal_x, goal_y = x + shake[i, 0], y + shake[i, 1]
        else:
            goal_x, goal_y = x, y
        first, second = slope_at(x, y, field, widths, periodic)
        longest = max(longest, abs(reach * first), abs(reach * second))
        there_x = folded(goal_x + reach * first, lengths[0], periodic[0])
        there_y = folded(goal_y + reach * second, lengths[1], periodic[1])
        third, fourth = slope_at(there_x, there_y, field, widths, periodic)
        longest = max(longest, abs(reach * third), abs(reach * fourth))
        out[i, 0] = folded(goal_x + 0.5 * reach * (first + third), lengths[0], periodic[0])
        out[i, 1] = folded(goal_y + 0.5 * reach * (second + fourth), lengths[1], periodic[1])
    return longest


@njit(**OPTIONS)
def hop(occupied, sites, picks):
    """Move agents, one after the other, to a neighbouring site if it is free."""
    rows, columns = occupied.shape
    for pick in picks:
        site = sites[pick >> 2]
        row, column = site // columns, site % columns
        there = target(row, column, pick & 3, rows, columns)
        if not occupied[there // columns, there % columns]:
            occupied[row, column] = False
            occupied[there // columns, there % columns] = True
            sites[pick >> 2] = there


@njit(**OPTIONS)
def place(occupied, sites, count, picks):
    """Put a daughter on a neighbouring site, one agent after the other, if it is free; return the agents there are."""
    rows, columns = occupied.shape
    for pick in picks:
        site = sites[pick >> 2]
        there = target(site // columns, site % columns, pick & 3, rows, columns)
        if not occupied[there // columns, there % columns]:
            occupied[there // columns, there % columns] = True
            sites[count] = there
            count += 1
    return count


@njit(inline="always", **OPTIONS)
def target(row, column, way, rows, columns):
    """Return the site next to one, in one of four directions on a torus."""
    if way == 0:
        row = row + 1 if row + 1 < rows else 0
    elif way == 1:
        row = row - 1 if row > 0 else rows - 1
    elif way == 2:
        column = column + 1 if column + 1 < columns else 0
    else:
        column = column - 1 if column > 0 else columns - 1
    return row * columns + column
