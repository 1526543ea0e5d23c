"""Bake every state of an explorer into one small text: skeletons, the strings that differ, and where they go."""

import base64
import gzip
import itertools
import json
import re

TOKENS = re.compile(r'([<>"]|[,:.] )')


def encode(states, groups):
    """Return the compact form of many similar documents.

    Documents are cut at tags, quotes and phrases. Those with the same tags share a skeleton; the pieces that differ
    between states are slots. Each slot belongs to one group of sliders, because groups must not touch each other.

    Parameters
    ----------
    states : list of list of str
        For each group, its documents; the first group's list varies while other groups rest at their start.
    groups : list of int
        For each group, the index of its starting state, the document that all groups have in common.

    Returns
    -------
    dict
        ``texts`` (distinct strings), ``skeletons`` (constant parts around the slots), ``owners`` (group of each slot),
        ``states`` (for each group and state: skeleton number, then text numbers of the group's slots).

    Raises
    ------
    ValueError
        If two groups change the same piece of the picture, or one of several groups changes its structure.

    Examples
    --------
    >>> baked = encode([["<b>1</b>", "<b>2</b>"]], [0])
    >>> [decode(baked, [i]) for i in range(2)]
    ['<b>1</b>', '<b>2</b>']
    """
    cut = [[TOKENS.split(text) for text in group] for group in states]
    shape_of = {}
    shapes = [[shape_of.setdefault(_shape(tokens), len(shape_of)) for tokens in group] for group in cut]
    if len(states) > 1 and len(shape_of) > 1:
        raise ValueError("groups of sliders must not change the structure of the picture: fix ticks and artists")
    texts, skeletons, owners = {}, [], []
    baked = [[None] * len(group) for group in states]
    for shape in range(len(shape_of)):
        slots = _slots(cut, shapes, shape)
        skeletons.append(_parts(next(t for g, s in zip(cut, shapes, strict=True) for t, n in zip(g, s, strict=True)
                                     if n == shape), slots))  # fmt: skip
        owners.append([slots[position] for position in sorted(slots)])
        for g, group in enumerate(cut):
            own = [position for position in sorted(slots) if slots[position] == g]
            for i, tokens in enumerate(group):
                if shapes[g][i] == shape:
                    baked[g][i] = [shape, *(texts.setdefault(tokens[p], len(texts)) for p in own)]
    return {"texts": list(texts), "skeletons": skeletons, "owners": owners, "states": baked, "start": groups}


def _shape(tokens):
    """Return what two documents must share: the marks and the names of tags and attributes."""
    marks = tokens[1::2]
    names, inside, quoted = [], False, False
    for mark, text in zip(["", *marks], tokens[0::2], strict=True):
        if mark == '"' and inside:
            quoted = not quoted
        elif mark in "<>" and mark:
            inside = mark == "<"
        names.append(text if inside and not quoted else "")
    return tuple(marks), tuple(names)


def _slots(cut, shapes, shape):
    """Return for each position that differs between states of one shape the group that changes it."""
    slots = {}
    for g, (group, numbers) in enumerate(zip(cut, shapes, strict=True)):
        same = [tokens for tokens, number in zip(group, numbers, strict=True) if number == shape]
        for position, column in enumerate(zip(*same, strict=True)):
            if len(set(column)) > 1 and slots.setdefault(position, g) != g:
                raise ValueError(f"two groups of sliders change the same part of the picture: {column[0][:60]!r}")
    return slots


def _parts(tokens, slots):
    parts = [""]
    for position, token in enumerate(tokens):
        if position in slots:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def decode(baked, chosen):
    """Return the document of one state; the page's script does the same.

    Parameters
    ----------
    baked : dict
        What `encode` returned.
    chosen : list of int
        For each group, the index of its state.

    Returns
    -------
    str
        The document.
    """
    rows = [baked["states"][g][i] for g, i in enumerate(chosen)]
    shape = rows[0][0]
    values = [iter(row[1:]) for row in rows]
    filled = [baked["texts"][next(values[owner])] for owner in baked["owners"][shape]]
    return "".join(itertools.chain(*itertools.zip_longest(baked["skeletons"][shape], filled, fillvalue="")))


def pack(baked):
    """Return the baked states as gzip and base64 text, the same bytes for the same content."""
    plain = json.dumps(baked, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(plain, 9, mtime=0)).decode()


def unpack(text):
    """Return the baked states from their packed text."""
    return json.loads(gzip.decompress(base64.b64decode(text)))
