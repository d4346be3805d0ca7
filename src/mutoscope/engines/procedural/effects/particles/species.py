"""The table of what falls, floats and rises: one row for each kind."""

from typing import Final

from mutoscope.engines.procedural.effects.particles.swarm import Size, Species

SNOW: Final = Species(
    count=520,
    sizes=(
        Size(0.48, (1.0, 1.7), pace=0.55, opacity=0.62),
        Size(0.34, (1.9, 3.0), pace=1.0, opacity=0.88),
        Size(0.12, (3.4, 5.0), pace=1.6, opacity=0.92),
        Size(0.06, (8.0, 16.0), pace=2.6, opacity=0.55, is_soft=True),
    ),
    fall=(0.13, 0.20),
    wind=0.03,
    drift=0.02,
    sway=(0.02, 0.004),
    sway_hz=(0.15, 0.45),
)
DUST: Final = Species(
    count=200,
    sizes=(
        Size(0.62, (1.0, 2.2), opacity=0.9),
        Size(0.26, (3.0, 5.5), pace=1.5, opacity=0.8, is_soft=True),
        Size(0.12, (9.0, 17.0), pace=2.4, opacity=0.42, is_soft=True),
    ),
    fall=(-0.010, 0.016),
    drift=0.012,
    wind=0.010,
    sway=(0.020, 0.016),
    sway_hz=(0.08, 0.25),
    pulse=0.7,
    pulse_hz=(0.15, 0.5),
    colors=((255, 226, 170),),
)
EMBERS: Final = Species(
    count=280,
    sizes=(Size(0.60, (1.4, 2.4), pace=0.8), Size(0.31, (2.5, 4.0), pace=1.15), Size(0.09, (4.2, 6.8), pace=1.6)),
    fall=(-0.38, -0.18),
    drift=0.03,
    wind=0.025,
    sway=(0.030, 0.010),
    sway_hz=(0.25, 0.8),
    life=(0.40, 0.98),
    pulse=0.55,
    pulse_hz=(2.0, 6.0),
    colors=((255, 150, 40), (255, 110, 20), (255, 185, 80)),
)
FIREFLIES: Final = Species(
    count=64,
    sizes=(Size(0.6, (2.4, 3.6), pace=0.8), Size(0.4, (4.0, 6.0), pace=1.3)),
    fall=(-0.012, 0.012),
    drift=0.02,
    sway=(0.07, 0.045),
    sway_hz=(0.10, 0.28),
    pulse=1.0,
    pulse_hz=(0.25, 0.55),
    pulse_power=1.6,
    colors=((215, 255, 90),),
)
PETALS: Final = Species(
    count=90,
    sizes=(
        Size(0.50, (6.0, 8.0), pace=0.75),
        Size(0.38, (9.0, 13.0), pace=1.0),
        Size(0.12, (18.0, 28.0), pace=1.9, is_soft=True),
    ),
    fall=(0.09, 0.15),
    wind=0.07,
    drift=0.03,
    sway=(0.040, 0.012),
    sway_hz=(0.2, 0.5),
    spin_hz=(0.05, 0.25),
    tumble_hz=(0.2, 0.6),
    colors=((255, 190, 210), (250, 165, 195), (255, 214, 226), (244, 150, 184)),
)
LEAVES: Final = Species(
    count=66,
    sizes=(
        Size(0.42, (11.0, 16.0), pace=0.8),
        Size(0.44, (19.0, 29.0), pace=1.1),
        Size(0.14, (34.0, 48.0), pace=1.8, is_soft=True),
    ),
    fall=(0.11, 0.19),
    wind=0.05,
    drift=0.04,
    sway=(0.055, 0.016),
    sway_hz=(0.2, 0.5),
    spin_hz=(0.06, 0.30),
    tumble_hz=(0.2, 0.55),
    colors=((214, 92, 24), (232, 150, 32), (186, 52, 22), (236, 190, 60), (150, 82, 30), (200, 120, 30)),
)
CONFETTI: Final = Species(
    count=230,
    sizes=(
        Size(0.50, (4.0, 5.5), pace=0.8),
        Size(0.40, (5.5, 8.0), pace=1.05),
        Size(0.10, (12.0, 18.0), pace=1.8, is_soft=True),
    ),
    fall=(0.20, 0.34),
    drift=0.06,
    sway=(0.03, 0.012),
    sway_hz=(0.4, 0.9),
    spin_hz=(0.2, 0.9),
    tumble_hz=(0.7, 1.8),
    colors=(
        (235, 45, 60), (255, 200, 40), (45, 120, 235), (50, 190, 95), (240, 100, 175), (140, 75, 220), (255, 135, 35),
        (60, 205, 215),
    ),
)  # fmt: skip
BUBBLES: Final = Species(
    count=34,
    sizes=(Size(0.5, (9.0, 16.0), pace=0.8), Size(0.38, (18.0, 30.0), pace=1.0), Size(0.12, (36.0, 54.0), pace=1.3)),
    fall=(-0.15, -0.07),
    drift=0.02,
    sway=(0.025, 0.008),
    sway_hz=(0.15, 0.4),
)
