"""A clip from words alone: painted layers behind each other, which the camera's move shifts by their distance."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.camera import Camera
from mutoscope.engines.procedural.diorama.canvas import Easel, Margin, Mask, Painting
from mutoscope.engines.procedural.diorama.eye import Eye
from mutoscope.engines.procedural.diorama.figures.base import Figure
from mutoscope.engines.procedural.diorama.figures.blocking import ALOFT
from mutoscope.engines.procedural.diorama.figures.cast import cast
from mutoscope.engines.procedural.diorama.layers import Layer, merged
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery.places import HORIZON, paint
from mutoscope.engines.procedural.diorama.stir import Stir
from mutoscope.engines.procedural.diorama.survey import survey
from mutoscope.engines.procedural.diorama.table import Table
from mutoscope.engines.procedural.plan import Plan, Pose
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid
from mutoscope.media.frames import Planes

_LOOKS: Final = 9
"""Moments of the camera's path at which its reach is measured."""
_MARGIN_MAX: Final = 0.34
"""Most that is painted beyond each side of the frame, as a share of it."""
_MERGE_PX: Final = 1.5
"""Layers that never part by more than this are painted into one."""
_INVERSE_MOST: Final = 1.0
_BENT: Final = 0.03
"""Share of the frame by which plants come in from the side when they bend."""
_COARSE: Final = 8
"""Pixels of the canvas per one of the picture of what is hidden."""


class DioramaFilm:
    """Every frame shows the layers from where the camera is; none is given, so a pan may begin beside the middle."""

    def __init__(self, plan: Plan, stage: Stage, *, num_frames: int) -> None:
        self.width_px, self.height_px, self.num_frames = stage.width_px, stage.height_px, num_frames
        self._stage = stage
        grid = Grid(stage.width_px, stage.height_px)
        self._camera = Camera(plan, np.zeros_like(grid.x), grid, stage)
        middle = self._camera.pose(0.5)
        # A pan swings about the middle; a push begins where it begins.
        self._origin = Pose(middle.tx, middle.ty, 0.0, middle.yaw, middle.pitch, 0.0, 0.0)
        horizon = HORIZON[plan.scene.kind]
        stir = Stir(plan.effects, stage.duration_s)
        self._easel = Easel(stage, self._margin(plan, horizon, stir), plan.scene, horizon=horizon, stir=stir)
        parts = paint(plan.scene, self._easel)
        self._easel.hidden = _hidden(parts, self._easel)
        figures = cast(plan.scene, self._easel, stage)
        self._parts = self._ordered(parts, figures)
        self.analysis: Analysis = survey(self._parts, self._easel, self._eye(0.5))
        """What is known of the scene, for effects: as it looks in the middle of the clip, without figures."""
        self._table = Table(self._easel, stage.width_px, stage.height_px)

    def draw(self, index: int, target: Planes) -> None:
        share = index / max(1, self.num_frames - 1)
        eye = self._eye(share)
        for part, spans in zip(self._parts, self._table.spans(self._parts, eye), strict=True):
            if isinstance(part, Layer):
                self._table.lay(part, eye, spans, target)
            elif isinstance(part, Standing):
                part.figure.draw(share, eye.view(part.figure.inverse), target)
            elif not isinstance(part, Painting):
                part.draw(share, eye, target, max(span.floor for span in spans))

    def _eye(self, share: float) -> Eye:
        return Eye(self._stage, self._easel, self._pose(share), share)

    def _pose(self, share: float) -> Pose:
        return self._camera.pose(share, narrowed=False) + self._origin.scaled(-1.0)

    def _margin(self, plan: Plan, horizon: float, stir: Stir) -> Margin:
        """As much as the camera sees beyond the frame along its path."""
        bare = Easel(self._stage, Margin(0, 0), plan.scene, horizon=horizon)
        across, upright = (_BENT * self.width_px if stir.has_wind else 0.0), 0.0
        for step in range(_LOOKS):
            eye = Eye(self._stage, bare, self._pose(step / (_LOOKS - 1)))
            for inverse in (0.0, _INVERSE_MOST):
                place = eye.place(inverse)
                for x in (0.0, self.width_px - 1.0):
                    for y in (0.0, self.height_px - 1.0):
                        column, row = place @ (x, y, 1.0)
                        across = max(across, -column, column - self.width_px + 1)
                        upright = max(upright, -row, row - self.height_px + 1)
        return Margin(
            _even(min(across, _MARGIN_MAX * self.width_px)), _even(min(upright, _MARGIN_MAX * self.height_px))
        )

    def _ordered(self, parts: list[Part], figures: list[Figure]) -> "list[Layer | Standing | Part]":
        """Everything to draw, far first, with layers packed that the camera never tells apart."""
        waiting = sorted(figures, key=lambda figure: figure.inverse)
        ordered: list[Painting | Standing | Part] = []
        for part in parts:
            if isinstance(part, Painting):
                while waiting and waiting[0].inverse < part.inverse and not part.is_ground:
                    ordered.append(Standing(waiting.pop(0)))
            ordered.append(part)
        ordered += [Standing(figure) for figure in waiting]
        packed: list[Layer | Standing | Part] = []
        held: Painting | None = None
        for each in ordered:
            if isinstance(each, Painting) and held is not None and self._parting_px(held, each) < _MERGE_PX:
                held = merged(held, each)
                continue
            if held is not None:
                packed.append(Layer.of(held))
            held = each if isinstance(each, Painting) else None
            if held is None:
                packed.append(each)
        if held is not None:
            packed.append(Layer.of(held))
        return packed

    def _parting_px(self, back: Painting, front: Painting) -> float:
        """How far two layers shift against each other, at most."""
        if self._easel.stir.has_wind and (back.is_plant or front.is_plant):
            return float("inf")
        poses = [self._pose(step / (_LOOKS - 1)) for step in range(_LOOKS)]
        if all(pose == poses[0] for pose in poses) and poses[0].tx == poses[0].ty == poses[0].tz == 0:
            return 0.0
        if back.is_ground or front.is_ground:
            return float("inf")
        most = 0.0
        for pose in poses:
            eye = Eye(self._stage, self._easel, pose)
            apart = eye.place(back.inverse) - eye.place(front.inverse)
            corners = [apart @ (x, y, 1.0) for x in (0.0, self.width_px) for y in (0.0, self.height_px)]
            most = max(most, *(float(np.hypot(*corner)) for corner in corners))
        return most


class Standing:
    """A figure in its place between the layers."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure


def _hidden(parts: list[Part], easel: Easel) -> Mask:
    """What of the air upright cards cover that stand before it."""
    shape = (max(1, easel.height_px // _COARSE), max(1, easel.width_px // _COARSE))
    mask = np.zeros(shape, np.float32)
    for part in parts:
        if isinstance(part, Painting) and part.cover is not None and part.inverse >= ALOFT and not part.is_ground:
            rows = slice(part.top_px // _COARSE, -(-(part.top_px + part.cover.shape[0]) // _COARSE))
            height = mask[rows].shape[0]
            small = cv2.resize(part.cover, (shape[1], height), interpolation=cv2.INTER_AREA)
            np.maximum(mask[rows], np.asarray(small, np.float32) / 255, out=mask[rows])
    return mask


def _even(pixels: float) -> int:
    return -(-int(pixels + 2) // 2) * 2 if pixels > 0 else 0
