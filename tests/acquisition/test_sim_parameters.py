from __future__ import annotations

import pytest

from eclips4d.acquisition.sim_address import parse_sim
from eclips4d.acquisition.sim_parameters import (
    as_markdown,
    effect_parameters,
    microscope_parameters,
    scene_parameters,
)
from eclips4d.acquisition.sim_settings import SimSettings
from eclips4d.physics.scenes import SCENES


def test_every_parameter_is_explained() -> None:
    said = [*microscope_parameters(), *effect_parameters(), *(p for s in SCENES for p in scene_parameters(s))]
    assert {p.name for p in said} >= set(SimSettings.model_fields)
    for parameter in said:
        assert len(parameter.meaning) > 4, parameter.name


def test_defaults_as_written_are_the_defaults() -> None:
    query = "&".join(f"{p.name}={p.default}" for p in microscope_parameters() if p.default)
    assert parse_sim(f"sim://copper-redox?{query}").settings == SimSettings()


@pytest.mark.parametrize("scene", SCENES)
def test_a_scenes_defaults_as_written_are_taken(scene: str) -> None:
    assert not {p.name for p in scene_parameters(scene)} & set(SimSettings.model_fields), "one name, two meanings"
    query = "&".join(f"{p.name}={p.default}" for p in scene_parameters(scene) if p.default)
    assert set(parse_sim(f"sim://{scene}?{query}").options) == {p.name for p in scene_parameters(scene) if p.default}


def test_as_a_table() -> None:
    lines = as_markdown(microscope_parameters()).splitlines()
    assert lines[0] == "| parameter | default | meaning |" and len(lines) == 2 + len(SimSettings.model_fields)
    assert any(line.startswith("| `size` | `512x512` | ") for line in lines)
