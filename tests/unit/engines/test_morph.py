"""A clip with a last frame gets there: as one move from a view of the same scene, like clouds from another."""

import gc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.quality.clips import Luma
from bench.quality.tracks import psnr
from mutoscope.engines.base import GenerationCancelled
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.morph.film import MorphFilm
from mutoscope.engines.procedural.morph.journey import ends_of_legs
from mutoscope.engines.procedural.warp import Source
from mutoscope.errors import InputInvalid
from mutoscope.generation import InputFile
from mutoscope.media.frames import Planes, cover, fit, planes_of_rgb
from mutoscope.media.image import RgbArray
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import CANYON, LANTERN, PIER, Listener, fitted_luma, lumas, picture

SIZE = (320, 212)


def film(first: RgbArray, last: RgbArray, num_frames: int = 25, seed: int = 1) -> MorphFilm:
    """The film between two pictures, their middles cropped to one small size."""
    width, height = SIZE
    return MorphFilm(
        *(Source.of_rgb(cover(each, 2 * width, 2 * height), width, height) for each in (first, last)),
        num_frames=num_frames, seed=seed,
    )  # fmt: skip


def luma(source: MorphFilm, index: int) -> Luma:
    """One frame's luma."""
    target = Planes.empty(source.width_px, source.height_px)
    source.draw(index, target)
    return target.y


def turned(rgb: RgbArray, degrees: float, zoom: float) -> RgbArray:
    """The middle of a photo, turned and magnified; nothing from outside it is seen."""
    image = Image.fromarray(rgb).rotate(degrees, Image.Resampling.BICUBIC)
    width, height = 0.6 * image.width / zoom, 0.6 * image.height / zoom
    left, top = (image.width - width) / 2, (image.height - height) / 2
    box = (left, top, left + width, top + height)
    return np.asarray(image.resize((640, 424), Image.Resampling.LANCZOS, box), np.uint8)


def test_last_frame_is_reached(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """The last decoded frame is the tail picture, the first one the first."""
    listener = Listener()
    job = make_job("zoom out", last_frame=CANYON, num_frames=49, area_px=921_600)

    frames = lumas(engine.generate(job, listener))

    assert psnr(frames[0], fitted_luma(PIER, 921_600)) >= 42
    assert psnr(frames[-1], fitted_luma(CANYON, 921_600)) >= 42
    assert listener.said("ignored: the camera words of the prompt; the last frame comes first")


def test_last_frame_of_another_aspect_is_cropped_to_its_middle(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """And the log says so."""
    square = picture(CANYON)[:800, :800]
    tail = tmp_path / "tail.png"
    Image.fromarray(square).save(tail)
    listener = Listener()

    artifact = engine.generate(make_job(last_frame=tail, area_px=128_000), listener)

    expected = planes_of_rgb(cover(square, artifact.width_px, artifact.height_px)).y
    assert psnr(lumas(artifact)[-1], expected) >= 30
    assert "800x800" in listener.said("last frame:")[0]


def test_morph_carries_what_moved(engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path) -> None:
    """Half way between a picture and its shifted self it is shifted by half, far better than a plain fade."""
    rgb = picture(CANYON)
    views = {}
    for name, shift in (("first", 0), ("half", 20), ("last", 40)):
        views[name] = np.ascontiguousarray(rgb[:, 60 - shift : 60 - shift + 1160])
        Image.fromarray(views[name]).save(tmp_path / f"{name}.png")
    job = make_job(first_frame=tmp_path / "first.png", last_frame=tmp_path / "last.png", num_frames=9, area_px=160_000)

    artifact = engine.generate(job, Listener())

    size = (artifact.width_px, artifact.height_px)
    first, half, last = (planes_of_rgb(fit(views[name], *size)).y for name in ("first", "half", "last"))
    inner = (slice(8, -8), slice(16, -16))
    fade = ((first.astype(int) + last) // 2).astype(np.uint8)
    assert psnr(lumas(artifact)[4][inner], half[inner]) > psnr(fade[inner], half[inner]) + 6


def test_turn_and_zoom_beyond_any_small_flow_are_one_move() -> None:
    """25 degrees and 1.6 times as large: half way it is turned by half, and the log says what was seen."""
    rgb = picture(CANYON)
    source = film(turned(rgb, 0, 1), turned(rgb, 25, 1.6))

    half = planes_of_rgb(fit(turned(rgb, 12.5, 1.6**0.5), *SIZE)).y
    assert psnr(luma(source, 12)[12:-12, 16:-16], half[12:-12, 16:-16]) > 30
    assert "turned by -25" in source.describe() and "1.60 times" in source.describe()


def test_change_of_light_is_part_of_the_move() -> None:
    """Every frame is a little darker than the one before, and no front runs through the picture."""
    rgb = picture(CANYON)
    dusk = (turned(rgb, 0, 1.1) * 0.6).astype(np.uint8)
    source = film(turned(rgb, 0, 1), dusk, num_frames=13)

    means = [float(luma(source, index).mean()) for index in range(13)]

    steps = np.diff(means)
    assert (steps < 0.3).all()
    assert -steps.min() < 0.25 * (means[0] - means[-1])


def test_unrelated_pictures_change_place_by_place() -> None:
    """At mid-clip a good part is still the first picture, a good part already the second."""
    first, second = picture(PIER), picture(CANYON)
    source = film(first, second)
    start, middle, end = (luma(source, index).astype(int) for index in (0, 12, 24))

    gone, come = np.abs(middle - start), np.abs(middle - end)
    columns = np.array_split(np.arange(SIZE[0]), 4)
    nearer = [come[:, part].mean() < gone[:, part].mean() for part in (columns[0], columns[-1])]
    assert sorted(nearer) == [False, True], "one side has changed, the other has not"
    assert source.describe().endswith("it comes in like clouds")


def test_frames_depend_on_the_index_alone() -> None:
    """Drawn again, after others, in another film: the same samples. Another seed gives another front."""
    first, second = picture(PIER), picture(CANYON)
    one, same, other = (film(first, second, seed=seed) for seed in (1, 1, 2))

    before = luma(one, 9).copy()
    luma(one, 20)

    assert (luma(one, 9) == before).all()
    assert (luma(same, 9) == before).all()
    assert (luma(other, 9) != before).any()


def test_same_picture_twice_stands_still() -> None:
    """Nothing moves and nothing dissolves."""
    rgb = picture(PIER)
    source = film(rgb, rgb)

    assert min(psnr(luma(source, index), luma(source, 0)) for index in range(25)) > 40


@pytest.mark.parametrize("grays", [(0, 0), (0, 255), (128, 128), (90, 91)])
def test_pictures_without_anything_in_them_are_no_trouble(grays: tuple[int, int]) -> None:
    """Nothing to match, no division by nothing; the ends are exact."""
    first, second = (np.full((424, 640, 3), gray, np.uint8) for gray in grays)
    source = film(first, second, num_frames=5)

    frames = [luma(source, index).copy() for index in range(5)]

    assert (frames[0] == planes_of_rgb(fit(first, *SIZE)).y).all()
    assert (frames[-1] == planes_of_rgb(fit(second, *SIZE)).y).all()
    assert all(min(frames[0][0, 0], frames[-1][0, 0]) - 1 <= frame.mean() for frame in frames)


@pytest.mark.parametrize("size", [(640, 64), (64, 640), (18, 34), (400, 400)])
def test_any_shape_is_drawn_whole(size: tuple[int, int]) -> None:
    """No sample is left as it was, at sizes that are no multiple of a tile."""
    width, height = size
    ends = (Source.of_rgb(cover(picture(path), 2 * width, 2 * height), width, height) for path in (PIER, CANYON))
    source = MorphFilm(*ends, num_frames=9, seed=1)
    drawn = []
    for before in (0, 255):
        target = Planes.empty(width, height)
        for plane in (target.y, target.u, target.v):
            plane[:] = before
        source.draw(4, target)
        drawn.append(target)

    assert all((a == b).all() for a, b in zip(*((each.y, each.u, each.v) for each in drawn), strict=True))


def test_middle_frames_are_reached_in_their_order(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Each at its share of the clip, the last frame at the end; the log tells of every leg."""
    listener = Listener()
    middle = (InputFile(CANYON, ("body", "middle_image_urls", 0)), InputFile(LANTERN, ("body", "middle_image_urls", 1)))
    job = make_job(middle_frames=middle, last_frame=CANYON, num_frames=49, area_px=128_000)

    artifact = engine.generate(job, listener)
    frames = lumas(artifact)

    size = (artifact.width_px, artifact.height_px)
    for index, path in ((16, CANYON), (32, LANTERN), (48, CANYON)):
        assert psnr(frames[index], planes_of_rgb(cover(picture(path), *size)).y) >= 30, index
    assert len(frames) == 49
    assert [len(listener.said(f"{name}: ")) for name in ("middle frame 1", "middle frame 2", "last frame")] == [1, 1, 1]


def stops(*paths: Path) -> tuple[InputFile, ...]:
    """Middle frames."""
    return tuple(InputFile(path, ("body", "middle_image_urls", at)) for at, path in enumerate(paths))


def legs_in_memory() -> int:
    """Morphs that anything still holds."""
    return sum(isinstance(each, MorphFilm) for each in gc.get_objects())


def test_a_journey_holds_one_leg_at_a_time(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """Eight pictures take the memory of two; each leg is worked out once, when the clip gets to it."""
    listener = Listener()
    before = legs_in_memory()
    journey = engine.film(make_job(middle_frames=stops(CANYON, LANTERN, PIER, CANYON), num_frames=33), listener)
    target = Planes.empty(journey.width_px, journey.height_px)

    held, told = [], []
    for index in range(33):
        journey.draw(index, target)
        held.append(legs_in_memory() - before)
        told.append(len([line for line in listener.lines if "matches the picture before it by" in line]))

    assert max(held) == 1
    assert told == [min(4, 1 + index // 8) for index in range(33)]


def test_frames_of_a_journey_depend_on_the_index_alone(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """A contact sheet is drawn after the clip, from its start again; the log does not tell a leg twice."""
    listener = Listener()
    journey = engine.film(make_job(middle_frames=stops(CANYON, LANTERN, PIER), num_frames=25), listener)
    target = Planes.empty(journey.width_px, journey.height_px)

    def drawn(index: int) -> bytes:
        journey.draw(index, target)
        return target.y.tobytes() + target.u.tobytes() + target.v.tobytes()

    forwards = [drawn(index) for index in range(25)]

    assert [drawn(index) for index in reversed(range(25))] == forwards[::-1]
    assert [len(listener.said(f"{name}: ")) for name in ("middle frame 1", "middle frame 2", "last frame")] == [1, 1, 1]


def test_cancel_stops_between_the_steps_of_a_later_leg(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """The stop comes while the second leg is worked out, and a frame drawn after that is as if it had not."""
    listener = Listener()
    journey = engine.film(make_job(middle_frames=stops(CANYON, LANTERN), num_frames=17), listener)
    fresh = engine.film(make_job(middle_frames=stops(CANYON, LANTERN), num_frames=17), Listener())
    target, expected = (Planes.empty(journey.width_px, journey.height_px) for _ in range(2))
    journey.draw(7, target)

    listener.cancel_after = 0
    with pytest.raises(GenerationCancelled):
        journey.draw(8, target)

    listener.cancel_after = None
    for index in (9, 3):
        journey.draw(index, target)
        fresh.draw(index, expected)
        assert (target.y == expected.y).all()


def test_a_bad_middle_picture_is_refused_before_the_first_frame(
    engine: ProceduralEngine, make_job: MakeJob, tmp_path: Path
) -> None:
    """Whoever sent it does not wait for half a clip to hear of it."""
    bad = tmp_path / "bad.png"
    bad.write_bytes(PIER.read_bytes()[:2000])
    listener = Listener()

    with pytest.raises(InputInvalid) as caught:
        engine.generate(make_job(middle_frames=stops(CANYON, LANTERN, bad)), listener)

    assert caught.value.problem.loc == ("body", "middle_image_urls", 2)
    assert listener.fractions == []


def test_without_a_last_frame_the_last_middle_one_is_it(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """The clip ends on a picture either way."""
    middle = (InputFile(CANYON, ("body", "middle_image_urls", 0)),)

    alone = engine.generate(make_job(middle_frames=middle, area_px=64_000), Listener())
    as_last = engine.generate(make_job(last_frame=CANYON, area_px=64_000), Listener())

    assert alone.path.read_bytes() == as_last.path.read_bytes()


def test_legs_of_a_journey_share_their_ends() -> None:
    """All frames are covered, and no leg is longer than another by more than one."""
    for count in range(1, 10):
        for num_frames in (73, 121, 721):
            ends = ends_of_legs(count, num_frames)
            assert (ends[0][0], ends[-1][1], len(ends)) == (0, num_frames - 1, count)
            assert all(end == begin for (_, end), (begin, _) in pairwise(ends))
            lengths = {end - begin for begin, end in ends}
            assert max(lengths) - min(lengths) <= 1
