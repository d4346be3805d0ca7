"""The catalog as data: what ships, how an endpoint is added, and how a mistake in a file is told."""

import json
from importlib import resources
from pathlib import Path

import pytest

from mutoscope.catalog.endpoint import EndpointId
from mutoscope.catalog.family import read_prices
from mutoscope.catalog.load import Catalog, load_catalog
from mutoscope.errors import CatalogInvalid

APP = "fal-ai/kling-video"
FAMILY = """
app = "acme/clips"
version = "v9"
model = "acme-9"
fps = 25
frames_beyond = 0
[[pages]]
name = "Acme Clips"
summary = "Clips."
tier = "pro"
[[pages.endpoints]]
task = "text-to-video"
fields = ["prompt", "duration", "aspect_ratio"]
"""


@pytest.fixture
def family(tmp_path: Path):
    """Writes a family file and loads the catalog with it."""

    def load(text: str) -> Catalog:
        file = tmp_path / "acme.toml"
        file.write_text(text, "utf-8")
        return load_catalog([file])

    return load


def test_endpoints_that_ship(catalog):
    """Those with a transcript of their page, and those of `endpoint_facts.json`."""
    facts = json.loads((Path(__file__).parent / "endpoint_facts.json").read_text("utf-8"))
    with_a_page = {
        f"{APP}/v1/standard/image-to-video",
        f"{APP}/v1/standard/text-to-video",
        f"{APP}/v2.5-turbo/standard/image-to-video",
        f"{APP}/v2.5-turbo/pro/image-to-video",
        f"{APP}/v2.5-turbo/pro/text-to-video",
    }
    assert {endpoint.id for endpoint in catalog} == with_a_page | {row["id"] for row in facts["endpoints"]}
    assert len(catalog) == 76
    assert sum(endpoint.served_by == "local" for endpoint in catalog) == 41


def test_lookup(catalog):
    """By exact id; the app is its first two segments."""
    assert catalog.get(f"{APP}/v1/standard/image-to-video").app_id == APP
    assert catalog.get(f"{APP}/v1/standard/image-to-video/") is None
    assert catalog.has_app(APP)
    assert not catalog.has_app("fal-ai/kling")


def test_suggestions(catalog):
    """Nearest first; nothing for what resembles nothing, and quick for what is far too long."""
    assert catalog.suggest(f"{APP}/v2.5/pro/text-to-video")[0] == f"{APP}/v2.5-turbo/pro/text-to-video"
    assert catalog.suggest(f"{APP}/v9/x") == [], "nothing is near it"
    assert catalog.suggest("zzz") == []
    assert catalog.suggest("x" * 1_000_000) == []


def test_an_endpoint_with_known_fields_is_a_few_lines(family):
    """No code; defaults, bounds, seed and sizes come with the names."""
    catalog = family(FAMILY)
    endpoint = catalog.get("acme/clips/v9/pro/text-to-video")
    assert catalog.has_app("acme/clips")
    assert endpoint.num_frames(5) == 125
    assert endpoint.title == "Acme Clips API" and endpoint.tab == "Text To Video"
    assert endpoint.limitations == (
        "`duration` restricted to: `5`, `10`",
        "`aspect_ratio` restricted to: `16:9`, `9:16`, `1:1`",
    )
    assert endpoint.parse({"prompt": "a", "seed": 3}, strict=False).values == {
        "prompt": "a",
        "duration": "5",
        "aspect_ratio": "16:9",
        "seed": 3,
    }


def test_a_family_may_define_fields_and_types(family):
    """Names that collide with pydantic's own are fine, and so are lists of text and switches."""
    catalog = family(
        FAMILY.replace('"aspect_ratio"]', '"model_name", "copy", "_tags", "loud"]')
        + """
        [fields.model_name]
        type = "string"
        default = "x"
        [fields.copy]
        type = "Copy"
        [fields._tags]
        type = "list<string>"
        items_max = 2
        [fields.loud]
        type = "boolean"
        default = true
        [types.Copy.schema]
        type = "integer"
        required = true
        """
    )
    endpoint = catalog.get("acme/clips/v9/pro/text-to-video")
    body = {"prompt": "a", "duration": "5", "model_name": "y", "copy": {"schema": 1}, "_tags": ["t"], "loud": False}
    for strict in (False, True):
        assert endpoint.parse(body, strict=strict).values == body


def test_an_endpoint_may_be_named_by_its_path(family):
    """Where version, tier and task do not make the id."""
    catalog = family(FAMILY.replace('task = "text-to-video"', 'task = "text-to-video"\npath = "fast"\ntab = "Fast"'))
    assert catalog.get("acme/clips/fast").tab == "Fast"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"prompt", ', '"promt", ', "fields.promt: no file defines this field"),
        ("fps = 25", 'fps = "fast"', "fps: Input should be a valid integer"),
        ("fps = 25", "fps = 25\nframes = 3", "frames: there is no such key here; there are"),
        ('tier = "pro"', 'tier = "gold"', "'gold' is none of standard, pro"),
        ('app = "acme/clips"', 'app = "acme"', "app: "),
        ("fps = 25", "fps = ", "cannot be read: "),
        ('task = "text', 'changes.speed.default = 1\ntask = "text', "changes.speed: the endpoint has no field 'speed'"),
        ('task = "text', 'examples.speed = 1\ntask = "text', "examples.speed: the endpoint has no field 'speed'"),
        (
            'task = "text',
            'changes.duration.default = "7"\ntask = "text',
            "fields.duration.default: '7' is none of 5, 10",
        ),
        (
            'task = "text',
            'changes.prompt.speed = 1\ntask = "text',
            "fields.prompt: speed: there is no such key here; there are type, required",
        ),
        ('task = "text', 'changes.prompt.type = "Speech"\ntask = "text', "no file defines the type 'Speech'"),
        ('task = "text', 'changes.prompt.chars_max = "NO_MAX"\ntask = "text', "limits.py has no NO_MAX"),
        ("[[pages]]", '[[rules]]\nkind = "requires_value"\nfields = ["prompt"]\n[[pages]]', "needs `of` and `value`"),
        (
            "[[pages]]",
            '[[rules]]\nkind = "sum_max"\nfields = ["prompt"]\n[[pages]]',
            "rules.sum_max: needs a whole number as `value`",
        ),
        ("[[pages]]", '[[rules]]\nkind = "sum_equals"\nfields = ["prompt"]\n[[pages]]', "rules.sum_equals: needs `of`"),
        ('task = "text', 'changes.prompt.enum = "moods"\ntask = "text', "fields.prompt.enum: there is no list 'moods'"),
        (
            'task = "text',
            'changes.prompt.media_limits = "tiny"\ntask = "text',
            "fields.prompt.media_limits: no file defines 'tiny'",
        ),
        ('task = "text', 'output = ["smell"]\ntask = "text', "output.smell: no file defines this output field"),
        ('task = "text', 'resolutions = { "8k" = "pro" }\ntask = "text', "there is none for the field's default None"),
        ("[[pages]]", '[types.A.a]\ntype = "list<A>"\n[fields.prompt]\ntype = "A"\n[[pages]]', "A contains itself"),
    ],
)
def test_a_mistake_in_a_file_is_named(family, old, new, said):
    """With the file and the key, before anything starts."""
    with pytest.raises(CatalogInvalid) as caught:
        family(FAMILY.replace(old, new, 1))
    assert str(caught.value).startswith("acme.toml")
    assert said in str(caught.value)


def test_a_page_may_hold_for_several_tiers(family):
    """With the tier in its words and its ids, but for the one that ids do not name."""
    catalog = family(
        FAMILY.replace('tier = "pro"', 'tiers = ["standard", "pro"]')
        .replace('name = "Acme Clips"', 'name = "Acme {tier}"')
        .replace("fps = 25", 'fps = 25\nbare_tier = "pro"')
    )
    standard = catalog.get("acme/clips/v9/standard/text-to-video")
    pro = catalog.get("acme/clips/v9/text-to-video")
    assert (standard.title, standard.area_px) == ("Acme Standard API", 921_600)
    assert (pro.title, pro.area_px) == ("Acme Pro API", 2_073_600)


def test_a_family_may_change_a_shared_field(family):
    """For all its endpoints; each may change it further."""
    catalog = family(
        FAMILY.replace("[[pages]]", '[changes.duration]\nenum = ["3", "5"]\n[[pages]]', 1).replace(
            'task = "text', 'changes.duration.default = "3"\ntask = "text'
        )
    )
    (duration,) = (each for each in catalog.get("acme/clips/v9/pro/text-to-video").fields if each.name == "duration")
    assert (duration.enum, duration.default, duration.role) == (("3", "5"), "3", "duration")
    with pytest.raises(CatalogInvalid, match=r"acme\.toml: changes\.speed: no file defines this field"):
        family(FAMILY.replace("[[pages]]", "[changes.speed]\ndefault = 1\n[[pages]]", 1))


def test_a_family_s_own_type_does_not_reach_others(family):
    """Fields are shared between families, but for one that says something else of what they name."""
    catalog = family(
        FAMILY.replace('"aspect_ratio"]', '"dynamic_masks"]')
        + '[types.DynamicMask.mask_url]\ntype = "string"\nrequired = true\n'
    )
    (own,) = (each for each in catalog.get("acme/clips/v9/pro/text-to-video").fields if each.name == "dynamic_masks")
    (theirs,) = (
        each for each in catalog.get(f"{APP}/v1/standard/image-to-video").fields if each.name == "dynamic_masks"
    )
    assert [each.name for each in own.fields] == ["mask_url"]
    assert [each.name for each in theirs.fields] == ["mask_url", "trajectories"]


def test_a_page_may_have_a_version_of_its_own(find):
    """Avatars have one, in a family of ids that begin with none."""
    assert find(f"{APP}/ai-avatar/v2/pro").version == "v2"
    assert find(f"{APP}/create-voice").version == ""


def test_a_change_may_take_a_key_away(family):
    """A default, say."""
    catalog = family(FAMILY.replace('task = "text', 'changes.duration.without = ["default"]\ntask = "text'))
    assert "duration" not in catalog.get("acme/clips/v9/pro/text-to-video").parse({"prompt": "a"}, strict=True).values


def test_every_price_is_that_of_an_endpoint(catalog):
    """And every endpoint that ships has an entry, if only to say that its price is not known."""
    prices = read_prices(resources.files("mutoscope.catalog") / "prices.toml")

    assert prices.keys() == {endpoint.id for endpoint in catalog}
    unknown = {endpoint.id.removeprefix(f"{APP}/") for endpoint in catalog if endpoint.price.unit_price is None}
    assert unknown == {"v1/tts", "v2.6/pro/motion-control", "v2.6/standard/motion-control"}


def test_lists_hold_each_name_once(find):
    """Effects and voices, whose names are data."""
    for path, name, some in (
        ("v1.6/pro/effects", "effect_scene", {"hug", "kiss", "squish"}),
        ("lipsync/text-to-video", "voice_id", {"genshin_vindi2", "uk_oldman3"}),
    ):
        (values,) = (field.enum for field in find(f"{APP}/{path}").fields if field.name == name)
        assert len(set(values)) == len(values) and some < set(values)


def test_an_id_twice_is_refused(family):
    """Which of the two would answer?"""
    page = FAMILY[FAMILY.index("[[pages]]") :]
    with pytest.raises(CatalogInvalid, match="acme/clips/v9/pro/text-to-video twice"):
        family(FAMILY + page)


def test_a_missing_file_is_named(tmp_path):
    """As any other mistake."""
    with pytest.raises(CatalogInvalid, match=r"nowhere\.toml cannot be read"):
        load_catalog([tmp_path / "nowhere.toml"])


@pytest.mark.parametrize(
    ("text", "app_id", "path"),
    [
        ("fal-ai/kling-video/v2.5-turbo/pro/image-to-video", "fal-ai/kling-video", "v2.5-turbo/pro/image-to-video"),
        ("fal-ai/flux", "fal-ai/flux", ""),
        ("workflows/me/flow/run", "workflows/me/flow", "run"),
        ("comfy/me/flow", "comfy/me/flow", ""),
    ],
)
def test_endpoint_id(text, app_id, path):
    """Split as the official clients do, and whole again as text."""
    parsed = EndpointId.parse(text)
    assert (parsed.app_id, parsed.path, str(parsed)) == (app_id, path, text)


@pytest.mark.parametrize("text", ["", "fal-ai", "/fal-ai/x", "fal-ai//x", "fal-ai/x/", "workflows/me"])
def test_no_endpoint_id(text):
    """Fewer than two segments, or an empty one."""
    with pytest.raises(ValueError, match="is not an endpoint id"):
        EndpointId.parse(text)
