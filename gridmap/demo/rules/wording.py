"""Titles, descriptions and addresses from phrases; persons appear only as 王某某."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import Generator

from gridmap.demo.rules.tables import Subject


def addresses(
    profiles: np.ndarray, plot_names: Sequence[str], names: Mapping[str, tuple[str, ...]], rng: Generator
) -> list[str]:
    """Return a place in words for every case: a plot's name, an estate or street number, or a spot in the village."""
    count = len(profiles)
    estate, street, rural = names["estate"], names["street"], names["rural"]
    first = rng.integers(0, 10_000, count).tolist()
    house, door = rng.integers(1, 60, count).tolist(), rng.integers(1, 7, count).tolist()
    mode = rng.random(count).tolist()
    found = []
    for n, profile in enumerate(profiles.tolist()):
        if profile == "rural":
            spot = rural[first[n] % len(rural)] if mode[n] < 0.55 else f"{house[n]}号院"
            found.append(f"{'一二三四五六'[door[n] - 1]}社{spot}")
        elif profile == "urban":
            number = f"{estate[first[n] % len(estate)]}{house[n] % 24 + 1}号楼{door[n]}单元"
            found.append(number if mode[n] < 0.5 else f"{street[first[n] % len(street)]}{house[n]}号")
        else:
            found.append(plot_names[n].removesuffix("专属网格") + ("门前", "东侧", "周边", "内")[first[n] % 4])
    return found


def descriptions(
    subject: np.ndarray,
    subjects: tuple[Subject, ...],
    places: Sequence[str],
    names: Mapping[str, tuple[str, ...]],
    rng: Generator,
) -> tuple[list[str], list[str]]:
    """Return (titles, descriptions) for the cases, from the phrases of their subjects."""
    count = len(subject)
    surname = names["surname"]
    variant = rng.integers(0, 1_000_000, count).tolist()
    who = rng.integers(0, len(surname), count).tolist()
    many, few = rng.integers(5, 60, count).tolist(), rng.integers(2, 6, count).tolist()
    phrases = [s.phrases for s in subjects]
    titles, texts = [], []
    for n, index in enumerate(subject.tolist()):
        choice = phrases[index]
        title, text = choice[variant[n] % len(choice)]
        titles.append(title)
        person = f"{surname[who[n]]}某某" if variant[n] % 3 else f"{surname[who[n]]}某"
        texts.append(text.format(place=places[n], who=person, n=many[n], m=few[n]))
    return titles, texts
