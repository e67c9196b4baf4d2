"""What the catalogue remembers is what the store says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.pipeline.campaign.entry import SideRange
from eclips4d.pipeline.campaign.gases import gases
from eclips4d.pipeline.campaign.read_entry import read_entry


def test_everything_is_read(folder):
    entry = read_entry(folder / "a.zarr")
    assert (entry.run_id, entry.material, entry.gas) == ("a1", "copper (111)", "h2")
    assert (entry.frames, entry.recorded, entry.seconds, entry.ended) == (3, 3, 4.0, True)
    assert (entry.gaps, entry.deferred, entry.unaligned, entry.doubted) == (1, 1, 1, 0)
    assert entry.health == "1 gaps, 1 deferred, 1 not aligned"
    assert [(model.name, model.frames) for model in entry.models] == [("analytic", 1)]
    hydrogen = next(value for value in entry.side if value.name == "pressure_h2")
    assert (hydrogen.least, hydrogen.mean, hydrogen.most, hydrogen.unit) == (10.0, 20.0, 30.0, "Pa")


def test_the_dose_is_current_times_dwell_over_area(folder):
    electrons = 0.5e-9 * 1e-6 / 1.602176634e-19
    assert read_entry(folder / "a.zarr").fluence_nm2 == pytest.approx(3 * electrons / 16.0)
    assert read_entry(folder / "april" / "b.zarr").fluence_nm2 is None


def test_another_programs_store_is_refused(tmp_path):
    (tmp_path / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    with pytest.raises(InputError, match="not a store"):
        read_entry(tmp_path)


@given(
    said=st.lists(st.sampled_from(["O2", "h2", " CO "]), max_size=3),
    seen=st.dictionaries(st.sampled_from(["pressure_o2", "flow_he", "temperature"]), st.floats(-1, 1)),
)
def test_gases_are_those_said_and_those_above_zero(said, seen):
    side = [SideRange(name=name, unit="", least=0.0, mean=0.0, most=most) for name, most in seen.items()]
    found = gases({"gas": ", ".join(said)}, side)
    shown = {name.split("_")[1] for name, most in seen.items() if most > 0 and "_" in name}
    assert set(found) == {word.strip().lower() for word in said} | shown
    assert len(found) == len(set(found))
    assert found == gases({"gas": said}, side)
