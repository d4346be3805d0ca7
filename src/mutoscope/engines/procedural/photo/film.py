"""A clip from one picture: the camera of the plan moves through its guessed depth."""

from collections.abc import Sequence

import cv2
import numpy as np

from mutoscope.engines.procedural.camera import Camera
from mutoscope.engines.procedural.effects.base import Displacement
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.photo.staging import Layout
from mutoscope.engines.procedural.plan import Plan
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Map, Source
from mutoscope.media.frames import Plane, Planes


class PictureFilm:
    """Frame 0 is the picture itself; later ones see it from where the camera has got to."""

    def __init__(
        self,
        source: Source,
        plan: Plan,
        analysis: Analysis,
        stage: Stage,
        *,
        num_frames: int,
        pinned: Plane | None = None,
        displacements: Sequence[Displacement] = (),
        layout: Layout | None = None,
    ) -> None:
        """
        Args:
            source: what frame 0 shows.
            pinned: (height, width), 255 where the static mask holds the picture; motion fades out towards it.
            layout: what later frames are drawn from; the source alone when there is none.
        """
        self.width_px, self.height_px, self.num_frames = stage.width_px, stage.height_px, num_frames
        self._source = source
        self._grid = Grid(stage.width_px, stage.height_px)
        if layout is None:
            layout = Layout(source, Camera(plan, self._grid.of_picture(analysis.nearness), self._grid, stage))
        self._backdrop, self._layer, self.camera = layout.backdrop, layout.layer, layout.camera
        self._displacements = (*displacements, *layout.displacements)
        self._is_camera_still = plan.is_still
        self._kept: tuple[float, tuple[Map, Map]] | None = None
        self._freedom = None if pinned is None else self._freedom_beside(pinned)

    def draw(self, index: int, target: Planes) -> None:
        if index == 0:
            self._source.planes.copy_to(target)
            return
        share = index / (self.num_frames - 1)
        bends = bool(self._displacements) or self._freedom is not None
        if self._is_camera_still and not bends:
            self._backdrop.planes.copy_to(target)
        elif not bends and (look := self.camera.flat(share)) is not None:
            self._grid.warp_flat(self._backdrop, look, target)
        else:
            self._grid.warp(self._backdrop, *self.positions(share), target)
        if self._layer is not None:
            self._layer.draw(share, self.camera, target)

    def positions(self, share: float) -> tuple[Map, Map]:
        """Where each node of the frame looks in the backdrop at this share of the time, in pixels of the picture."""
        # Effects whose masks follow the camera ask for the moment that is being drawn.
        kept = self._kept
        if kept is None or kept[0] != share:
            self._kept = kept = share, self._look(share)
        return kept[1]

    def _look(self, share: float) -> tuple[Map, Map]:
        x, y = self.camera.positions(share)
        for displacement in self._displacements:
            # Known over the picture; the camera may look elsewhere by now.
            shifts = displacement.shift(share)
            seen = shifts if self._is_camera_still else [self._grid.at(each, x, y) for each in shifts]
            x, y = x + seen[0], y + seen[1]
        if self._freedom is not None:
            x = self._grid.x + (x - self._grid.x) * self._freedom
            y = self._grid.y + (y - self._grid.y) * self._freedom
        return x, y

    def _freedom_beside(self, pinned: Plane) -> Map:
        """0 on the pinned region, 1 far from it; wide enough that the longest move does not fold on the way."""
        return pinned_freedom(pinned, self._grid, self._longest_move())

    def _longest_move(self) -> float:
        longest = 0.0
        for step in range(1, 5):
            x, y = self.camera.positions(step / 4)
            longest = max(longest, float(np.hypot(x - self._grid.x, y - self._grid.y).max()))
        return longest


def pinned_freedom(pinned: Plane, grid: Grid, longest_px: float) -> Map:
    """Share of the motion allowed at each node: 0 on the pinned region, rising over 2.5 times the longest move."""
    free = (pinned < 128).astype(np.uint8)
    if free.all():
        return np.ones_like(grid.x)
    distance = np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, 5), np.float32)
    reach = min(max(2.5 * longest_px, 0.05 * grid.width_px), 0.5 * grid.width_px)
    # Nodes interpolate over one cell, so motion starts a cell away from the region.
    return grid.of_picture(soft_step((distance - 12) / np.float32(reach)))
