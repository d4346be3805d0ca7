"""Every kind of figure: its form, where it is at home, how large it is, and how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mutoscope.engines.procedural.diorama.figures import animals, biped, creatures, landmarks, vehicles
from mutoscope.engines.procedural.diorama.figures.actor import Form, Gait
from mutoscope.engines.procedural.plan import FigureKind, MotionName

Home = Literal["ground", "water", "sky", "deep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """How one kind is cast."""

    form: Form
    home: Home
    alone: float
    """Size of the form's unit as the main subject, in heights of a person."""
    beside: float
    """Size where it has company."""
    half: float
    """Half the width of the form, in its units."""
    tall: float
    """Height of the form, in its units."""
    gait: Gait = "stand"
    rate: float = 0.0
    """Cycles of the gait in a second."""
    stride: float = 0.0
    """Way of one cycle in units; what has none moves `way` of the frame instead."""
    way: float = 0.0
    """Of the frame's width in a clip."""
    stands: bool = False
    """A landmark: behind others where there are any."""
    bob: float = 0.0
    bob_s: float = 3.4
    roll: float = 0.0


TROUPE: Final[Mapping[FigureKind, Member]] = {
    "person": Member(form=biped.person, home="ground", alone=1.05, beside=1.0, half=0.3, tall=1.05, gait="walk",
                     rate=0.85,
                   stride=biped.WALK.stride),
    "noble": Member(form=biped.noble, home="ground", alone=1.1, beside=1.08, half=0.4, tall=1.15, gait="wave",
                     rate=0.78,
                  stride=biped.WALK.stride),
    "crowd": Member(form=biped.bystander, home="ground", alone=0.8, beside=0.7, half=0.25, tall=1.05),
    "cat": Member(form=animals.cat, home="ground", alone=0.60, beside=0.29, half=1.2, tall=1.5, gait="walk", rate=0.8,
                stride=animals.stride_of("cat", "walk")),
    "dog": Member(form=animals.dog, home="ground", alone=0.76, beside=0.38, half=1.0, tall=1.45, gait="walk", rate=1.0,
                stride=animals.stride_of("dog", "walk")),
    "horse": Member(form=animals.horse, home="ground", alone=0.72, beside=0.66, half=1.1, tall=1.55, gait="run",
                  rate=1.35, way=0.42),
    "bird": Member(form=creatures.bird, home="sky", alone=0.85, beside=0.26, half=0.55, tall=0.8, gait="fly", way=0.34,
                 bob=0.12, bob_s=4.6),
    "car": Member(form=vehicles.car, home="ground", alone=1.75, beside=1.55, half=0.5, tall=0.42, way=0.34),
    "boat": Member(form=vehicles.boat, home="water", alone=1.2, beside=0.95, half=0.45, tall=1.0, way=0.14, bob=0.014,
                 roll=0.035),
    "balloon": Member(form=vehicles.balloon, home="sky", alone=1.3, beside=0.8, half=0.34, tall=1.0, way=0.07, bob=0.05,
                    bob_s=7.0, roll=0.02),
    "fish": Member(form=creatures.fish, home="deep", alone=1.25, beside=0.5, half=0.55, tall=0.5, gait="swim", way=0.30,
                 bob=0.06, bob_s=4.1, roll=0.05),
    "whale": Member(form=creatures.whale, home="deep", alone=2.4, beside=1.9, half=0.6, tall=0.45, gait="swim",
                     way=0.16,
                  bob=0.03, bob_s=6.5, roll=0.05),
    "rocket": Member(form=vehicles.rocket, home="sky", alone=1.35, beside=1.1, half=0.2, tall=1.0),
    "tree": Member(form=landmarks.tree, home="ground", alone=1.55, beside=1.3, half=0.42, tall=1.0, stands=True),
    "castle": Member(form=landmarks.castle, home="ground", alone=1.7, beside=1.35, half=0.55, tall=1.15, stands=True),
    "house": Member(form=landmarks.house, home="ground", alone=1.0, beside=0.85, half=0.6, tall=1.1, stands=True),
    "lighthouse": Member(form=landmarks.lighthouse, home="ground", alone=1.6, beside=1.35, half=0.28, tall=1.03,
                     stands=True),
}  # fmt: skip

GAITS: Final[Mapping[MotionName, Gait]] = {
    "walk": "walk", "run": "run", "jump": "jump", "fly": "fly", "float": "fly", "spin": "stand", "dance": "dance",
    "swim": "swim", "shake": "stand", "breathe": "stand", "grow": "stand",
}  # fmt: skip
RUN_RATES: Final[Mapping[FigureKind, float]] = {"person": 1.05, "noble": 1.0, "cat": 1.5, "dog": 1.6, "horse": 1.35}
"""Cycles in a second of what can run."""
LEAPERS: Final[frozenset[FigureKind]] = frozenset(("cat", "dog", "horse"))
STAYS: Final[frozenset[MotionName]] = frozenset(("spin", "dance", "shake", "breathe", "grow"))
