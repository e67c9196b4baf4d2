"""What all scenes have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes import SCENES, Scene, build_scene

FIELD = (900.0, 700.0)


@pytest.fixture(scope="module")
def height_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("afm") / "map.npz"
    y, x = np.mgrid[:40, :50]
    np.savez(path, height_nm=4.0 * np.sin(x / 3.0) * np.cos(y / 5.0), pixel_size_nm=20.0)
    return path


@pytest.fixture(scope="module")
def scenes(height_map: Path) -> dict[str, Scene]:
    return {name: build_scene(name, FIELD, 3, 12.0, **options(name, height_map)) for name in SCENES}


def options(name: str, height_map: Path) -> dict[str, object]:
    own = {"afm": {"path": str(height_map)}, "flat": {"grains": 7, "edge_yield": 0.8}, "spiral": {"gas_driven": True}}
    return own.get(name, {})


@pytest.mark.parametrize("name", SCENES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    y=st.floats(-400.0, 400.0), t=st.floats(0.0, 500.0), x0=st.floats(-500.0, 0.0), step=st.floats(0.3, 20.0)
)  # fmt: skip
def test_a_line_is_a_line_of_the_whole_surface(
    scenes: dict[str, Scene], name: str, y: float, t: float, x0: float, step: float
) -> None:
    """Rows at their own times are what frames frozen at those times show."""
    scene = scenes[name]
    ys, starts = np.array([y, y + 7.0, -y]), np.full(3, x0)
    rolling = scene.lines(starts, step, 24, ys, np.array([t, t + 0.25, t + 90.0]))
    for row, moment in enumerate((t, t + 0.25, t + 90.0)):
        frozen = scene.lines(starts, step, 24, ys, np.full(3, moment))
        for whole, part in zip(frozen, rolling, strict=True):
            assert np.array_equal(whole[row], part[row])


@pytest.mark.parametrize("name", SCENES)
def test_what_every_scene_gives(scenes: dict[str, Scene], name: str) -> None:
    scene = scenes[name]
    y = np.linspace(-300.0, 300.0, 30)
    made = scene.lines(np.full(30, -400.0), 20.0, 40, y, np.linspace(0.0, 5.0, 30))
    assert made.height.shape == made.relative_yield.shape == made.grain.shape == (30, 40)
    assert made.height.dtype == made.relative_yield.dtype == np.float64 and made.grain.dtype == np.int16
    assert np.isfinite(made.height).all() and (made.relative_yield > 0.0).all() and (made.grain >= 0).all()
    assert set(scene.side(3.0)) == set(scene.side_units)
    for key, value in scene.labels().items():
        assert isinstance(value, str) or (np.isfinite(value).all() or key == "features"), key


@pytest.mark.parametrize("name", SCENES)
def test_beyond_the_field_there_is_still_a_surface(scenes: dict[str, Scene], name: str) -> None:
    """The microscope looks at surroundings that can hide part of the detector."""
    made = scenes[name].lines(np.array([-1500.0]), 10.0, 300, np.array([900.0]), np.array([1.0]))
    assert np.isfinite(made.height).all()


@pytest.mark.parametrize("name", ["copper-redox", "stepflow", "islands", "pits", "rough", "spiral"])
def test_same_seed_same_surface(name: str) -> None:
    y = np.linspace(-200.0, 200.0, 40)
    heights = [
        build_scene(name, (600.0, 600.0), seed, 12.0).lines(np.full(40, -200.0), 10.0, 40, y, np.full(40, 2.0)).height
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(heights[0], heights[1]) and not np.array_equal(heights[0], heights[2])


def test_a_still_scene_can_lie_in_gas() -> None:
    assert build_scene("sphere", FIELD, 1, 12.0).side(3.0) == {}
    scene = build_scene("sphere", FIELD, 1, 12.0, in_gas="true")
    assert scene.side(6.0)["pressure_o2"] > 20.0 > scene.side(0.0)["pressure_o2"]
    args = (np.zeros(1), 5.0, 9, np.zeros(1))
    assert np.array_equal(scene.lines(*args, np.zeros(1)).height, scene.lines(*args, np.full(1, 6.0)).height)


def test_options_are_declared_with_unit_and_meaning() -> None:
    for name, kind in SCENES.items():
        assert kind.declared, name
        assert all(
            (option.meaning and option.meaning[0].islower()) or option.meaning[0] == "0" for option in kind.declared
        )
    spacing = next(option for option in SCENES["spiral"].declared if option.name == "spacing_nm")
    assert (spacing.default, spacing.unit) == ("240", "nm")
    assert next(option.default for option in SCENES["spiral"].declared if option.name == "gas_driven") == "false"


@pytest.mark.parametrize("name", sorted(set(SCENES) - {"afm"}))
def test_written_defaults_are_the_defaults(name: str) -> None:
    kind = SCENES[name]
    assert kind.options() == kind.options.model_validate({o.name: o.default for o in kind.declared if o.default})


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("gold-foil", {}, "copper-redox"),
        ("spiral", {"spacing": "3"}, "spacing_nm"),
        ("spiral", {"spacing_nm": "wide"}, "spacing_nm"),
        ("spiral", {"spacing_nm": "-4"}, "spacing_nm"),
        ("spiral", {"spacing_nm": "12", "senses": "same"}, "too narrow"),
        ("pyramid", {"face_deg": "10,95"}, "face_deg"),
        ("grating", {"wall_deg": "3"}, "leave no top"),
        ("steps", {"wall_nm": "500"}, "do not fit"),
        ("pits", {"shallowest_deg": "85"}, "above"),
        ("rough", {"longest_nm": "3"}, "nothing between"),
        ("afm", {}, "path"),
        ("afm", {"path": "/no/such/map.npz"}, "no such file"),
        ("afm", {"path": __file__}, "not a height map; "),
        ("afm", {"path": "/"}, "a folder"),
        ("islands", {"per_um2": "1e9"}, "ask for fewer"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(name: str, given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        build_scene(name, (2000.0, 2000.0), 0, 12.0, **given)
    assert "\n" not in str(refused.value)
