"""Lays a photo out for a clip: one layer or two, how far the picture is extended, and how its subject moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.base import Check, unchecked
from mutoscope.engines.procedural.camera import Camera
from mutoscope.engines.procedural.effects.base import Displacement
from mutoscope.engines.procedural.photo.layers import SoftMotion, SubjectLayer, box_around, fine_alpha
from mutoscope.engines.procedural.photo.motions import Choreography, Extent
from mutoscope.engines.procedural.plan import Plan
from mutoscope.engines.procedural.sight.analysis import Analysis, Share, Subject
from mutoscope.engines.procedural.sight.depth import distances, find_subject, nearness_behind
from mutoscope.engines.procedural.sight.fill import extended, filled
from mutoscope.engines.procedural.sight.subject import CONFIDENCE_MIN, CONFIDENCE_SURE
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import NO_MARGINS, Grid, Margins, Source
from mutoscope.media.frames import Plane, fit, luma_of_rgb, planes_of_rgb
from mutoscope.media.image import RgbArray

_DISPLACED_MAX: Final = 0.022
"""Farthest that a cut-out goes against what is behind it, in widths of the frame, unless its outline is sure."""
_DISPLACED_SURE_MAX: Final = 0.06
_DISPLACED_MIN: Final = 0.004
"""Less parallax than this is not worth a layer."""
_MARGIN_MIN: Final = 0.006
"""A smaller lack at an edge is stretched over, which nobody sees."""
_MARGIN_MAX: Final = 0.2
"""More than this is not made up; shares of the side."""
_CUT_MAX: Final = 0.05
"""Share of a side along which the border may cut a subject that gets a layer, where the camera looks past that side: a
string or a stalk goes on as its mirror image, anything wider would look like a kaleidoscope."""
_POSES: Final = 9


@dataclass(frozen=True, slots=True)
class Layout:
    """What a picture film is drawn from."""

    backdrop: Source
    """What the camera moves through: the picture, or what lies behind its subject, with margins."""
    camera: Camera
    layer: SubjectLayer | None = None
    displacements: tuple[Displacement, ...] = ()
    """Of the subject, where it has no layer."""
    notes: tuple[str, ...] = ()
    """What was decided, for the log."""


@dataclass
class _Draft:
    """What is known about the layout so far."""

    rgb: RgbArray
    """As it was read."""
    source: Source
    plan: Plan
    analysis: Analysis
    stage: Stage
    grid: Grid
    check: Check
    notes: list[str] = field(default_factory=list)

    def fitted(self) -> RgbArray:
        """The picture at the frame's size."""
        return fit(self.rgb, self.stage.width_px, self.stage.height_px)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A subject that gets a layer."""

    subject: Subject
    behind: Share
    """Nearness of what it stands before."""
    far: float
    """Inverse distance of that, on average."""
    near: float
    """Inverse distance of the subject."""


def lay_out(
    rgb: RgbArray,
    source: Source,
    plan: Plan,
    analysis: Analysis,
    stage: Stage,
    *,
    pinned: bool = False,
    check: Check = unchecked,
) -> Layout:
    """
    Decide how the picture is shown, and make the plates that this takes.

    A subject gets a layer of its own when the move shifts it visibly against its background, or when it moves itself,
    and its outline is trusted. `pinned`: a static mask holds some of the picture; then nothing is cut out. `check` is
    called between the steps and often within the long ones.
    """
    grid = Grid(stage.width_px, stage.height_px)
    draft = _Draft(rgb, source, plan, analysis, stage, grid, check)
    check()
    camera = Camera(plan, grid.of_picture(analysis.nearness), grid, stage)
    check()
    cut = None if pinned else _trusted_cut(draft, camera)
    check()
    if cut is None:
        layer, plate, plate_rgb = None, source, None
    else:
        camera = Camera(plan, grid.of_picture(cut.behind), grid, stage)
        layer, plate, plate_rgb = _with_layer(draft, cut, camera)
    displacements = _soft_motions(draft) if plan.motions and layer is None else ()
    margins = NO_MARGINS if plan.is_still else margins_needed(camera, stage)
    if margins:
        plate = _widened(plate, draft.fitted() if plate_rgb is None else plate_rgb, margins, stage.seed, check)
        camera.margins = margins
    if note := _edges_note(margins, camera):
        draft.notes.append(note)
    return Layout(plate, camera, layer, displacements, tuple(draft.notes))


def _trusted_cut(draft: _Draft, camera: Camera) -> _Cut | None:
    """The subject, when it deserves a layer; says why or why not."""
    shift = camera.parallax_px / draft.stage.width_px
    if not draft.plan.motions and shift < 2 * _DISPLACED_MIN:
        return None
    subject = find_subject(draft.rgb, draft.analysis)
    if subject is None or subject.confidence < CONFIDENCE_MIN:
        if subject is None:
            draft.notes.append("subject: none found")
        else:
            draft.notes.append(f"subject: part of the picture, {_sure(subject)}; a layer takes {CONFIDENCE_MIN}")
        return None
    if side := _cut_where_seen(subject.matte, margins_needed(camera, draft.stage)):
        draft.notes.append(f"subject: part of the picture, which cuts it at its {side} where the camera looks past it")
        return None
    behind = nearness_behind(draft.analysis.nearness, subject.matte)
    far, near = distances(draft.analysis.nearness, behind, subject.matte)
    if not draft.plan.motions and (near - far) * shift < _DISPLACED_MIN:
        draft.notes.append(f"subject: part of the picture, as near as what is around it; {_sure(subject)}")
        return None
    share = (subject.matte > 0.5).mean()
    draft.notes.append(f"subject: {share:.0%} of the picture as a layer of its own, {_sure(subject)}")
    return _Cut(subject, behind, far, near)


def _cut_where_seen(matte: Share, margins: Margins) -> str:
    """The first side of the picture that cuts much of the subject and is looked past; empty when there is none."""
    sides = {
        "left side": (matte[:, 0], margins.left),
        "top": (matte[0], margins.top),
        "right side": (matte[:, -1], margins.right),
        "bottom": (matte[-1], margins.bottom),
    }
    return next((name for name, (edge, seen) in sides.items() if seen and (edge > 0.5).mean() > _CUT_MAX), "")


def _sure(subject: Subject) -> str:
    return f"confidence {subject.confidence:.2f}"


def _with_layer(draft: _Draft, cut: _Cut, camera: Camera) -> tuple[SubjectLayer, Source, RgbArray]:
    """The subject's layer, and the picture without it."""
    stage, source, subject = draft.stage, draft.source, cut.subject
    draft.check()
    alpha = _spread(fine_alpha(subject.matte, source.planes.y), max(1, round(stage.width_px / 640)))
    rgb = filled(draft.fitted(), np.where(alpha > 0, 255, 0).astype(np.uint8), seed=stage.seed, check=draft.check)
    plate = _plate(source, rgb, alpha)
    is_sure = subject.confidence >= CONFIDENCE_SURE
    farthest = (_DISPLACED_SURE_MAX if is_sure else _DISPLACED_MAX) * stage.width_px
    inverse = cut.far + min(cut.near - cut.far, farthest / max(1e-6, camera.parallax_px))
    moves = None
    if draft.plan.motions:
        moves = Choreography(draft.plan.motions, _extent_of(subject.matte, stage), stage, farthest_px=farthest)
        draft.notes.append(f"motion: {_names(draft.plan)} moves the subject's layer as one piece, {_sure(subject)}")
    return SubjectLayer(source, plate, alpha, inverse=inverse, moves=moves), plate, rgb


def _spread(alpha: Plane, reach_px: int) -> Plane:
    """A little wider: the outline's own blur belongs to the subject, and would stay on the plate as a ghost."""
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_px + 1,) * 2)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(alpha, disk), (0, 0), 0.6 * reach_px), np.uint8)


def _plate(source: Source, rgb: RgbArray, alpha: Plane) -> Source:
    """The filled picture; where nothing was filled, the source's own samples in full detail."""
    planes = planes_of_rgb(rgb)
    double = source.luma_double.copy()
    left, top, right, bottom = box_around(alpha)
    part = (slice(top, bottom), slice(left, right))
    luma = cv2.resize(planes.y[part], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    hole = cv2.resize(alpha[part], None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    cv2.copyTo(np.asarray(luma), np.asarray(hole), double[2 * top : 2 * bottom, 2 * left : 2 * right])
    return Source(planes=planes, luma_double=double, chroma=(planes.u, planes.v))


def _soft_motions(draft: _Draft) -> tuple[Displacement, ...]:
    subject = draft.analysis.subject
    if subject is None or subject.matte.max() < 0.5:
        draft.notes.append(f"ignored: {_names(draft.plan)}; the picture shows no subject that could do it")
        return ()
    draft.notes.append(f"motion: {_names(draft.plan)} moves the subject softly, with what is around it")
    stage = draft.stage
    extent = _extent_of(subject.matte, stage)
    moves = Choreography(draft.plan.motions, extent, stage, farthest_px=_DISPLACED_MAX * stage.width_px)
    return (SoftMotion(subject.matte, moves, draft.grid),)


def _names(plan: Plan) -> str:
    return ", ".join(dict.fromkeys(motion.name for motion in plan.motions))


def _extent_of(matte: Share, stage: Stage) -> Extent:
    rows, columns = np.flatnonzero(matte.max(axis=1) > 0.5), np.flatnonzero(matte.max(axis=0) > 0.5)
    x, y = stage.width_px / matte.shape[1], stage.height_px / matte.shape[0]
    return Extent(
        float(columns[0] * x),
        float(rows[0] * y),
        float((columns[-1] + 1) * x),
        float((rows[-1] + 1) * y),
        is_rooted=bool(rows[-1] >= matte.shape[0] - 2),
    )


def margins_needed(camera: Camera, stage: Stage) -> Margins:
    """How much world beyond the picture the camera sees, up to _MARGIN_MAX of the side."""
    looks = np.array([camera.beyond(step / (_POSES - 1)) for step in range(_POSES)]).max(axis=0)
    sides = np.array([stage.width_px, stage.height_px, stage.width_px, stage.height_px])
    wanted = np.where(looks > _MARGIN_MIN * sides, np.minimum(looks + 2, _MARGIN_MAX * sides), 0)
    left, top, right, bottom = (int(np.ceil(value / 2)) * 2 for value in wanted)
    return Margins(left, top, right, bottom)


def _widened(plate: Source, rgb: RgbArray, margins: Margins, seed: int, check: Check) -> Source:
    """With made-up world around it; the picture itself keeps its samples."""
    wide = extended(rgb, margins.left, margins.top, margins.right, margins.bottom, seed=seed, check=check)
    height, width = rgb.shape[:2]
    double = cv2.resize(luma_of_rgb(wide), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    luma = np.asarray(double, np.uint8)
    luma[2 * margins.top : 2 * (margins.top + height), 2 * margins.left : 2 * (margins.left + width)] = (
        plate.luma_double
    )
    around = planes_of_rgb(wide)
    return Source(planes=plate.planes, luma_double=luma, chroma=(around.u, around.v), margins=margins)


def _edges_note(margins: Margins, camera: Camera) -> str:
    parts: Sequence[str] = [
        f"{getattr(margins, side)} px {place}"
        for side, place in (("left", "left"), ("top", "above"), ("right", "right"), ("bottom", "below"))
        if getattr(margins, side)
    ]
    notes = [f"{', '.join(parts)} made up beyond the picture"] if parts else []
    if (lacking := camera.stretch()) > 0.001:
        notes.append(f"margins stretched over {lacking:.1%}")
    return f"edges: {'; '.join(notes)}" if notes else ""
