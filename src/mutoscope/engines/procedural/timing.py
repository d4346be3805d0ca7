"""How things change over a clip: curves from 0 to 1 over its time."""


def ease(share: float) -> float:
    """How far a move is, 0 to 1, at this share of its time: soft at both ends, and moving from the first frame on."""
    share = min(max(share, 0.0), 1.0)
    return 0.7 * share * share * (3 - 2 * share) + 0.3 * share


def smoothstep(value: float) -> float:
    """0 below 0, 1 above 1, a cubic between."""
    value = min(max(value, 0.0), 1.0)
    return value * value * (3 - 2 * value)
