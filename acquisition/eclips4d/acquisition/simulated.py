"""The simulated microscope: what an address asks for, turned into an instrument, a scene, a drift and frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.recording import read_only
from eclips4d.acquisition.sim_address import FLOOD, parse_sim
from eclips4d.acquisition.sim_beam import DEFAULT_DOSE, check_blur, dose_of, law_of
from eclips4d.acquisition.sim_effects import parse_effects
from eclips4d.acquisition.sim_instrument import instrument_text
from eclips4d.acquisition.sim_settings import SimSettings
from eclips4d.acquisition.truth import Truth
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.physics.microscope import Exposure, Microscope
from eclips4d.physics.microscope.readout import levels_adu
from eclips4d.physics.scenes import Scene, build_scene

NO_MATTER = ("frames", "faults", "render", "blanked")
"""Settings that decide which frames come, when, and with which dark levels, but no pixel."""
_DRIFT_MEMORY_FRAMES = 12.0
_DRIFT_MARGIN = 1.25
_LETTERS = "ABCDEFGHIJKLMNOP"
FLOOD_SCENE = "copper-redox"


@dataclass(frozen=True)
class SimulatedMicroscope:
    """One simulated experiment; every frame is a pure function of the settings and its number."""

    scene_name: str
    settings: SimSettings
    options: Mapping[str, str] = field(default_factory=dict)
    """What was chosen of the scene, as written."""

    @cached_property
    def instrument_toml(self) -> str:
        """The instrument file that the experimenter would have."""
        return instrument_text(self.settings, self.gain, self.offset_adu, self.dose)

    @cached_property
    def dose(self) -> float:
        """Electrons counted on a flat area, per pixel and segment."""
        text = instrument_text(self.settings, self.gain, self.offset_adu, DEFAULT_DOSE)
        return dose_of(self.settings, parse_instrument(text))

    @cached_property
    def instrument(self) -> Instrument:
        """The same, parsed."""
        return parse_instrument(self.instrument_toml, f"sim://{self.scene_name}")

    @cached_property
    def gain(self) -> tuple[float, ...]:
        """True relative gains; they spread by a few per cent, their mean is 1."""
        spread = np.random.default_rng([self.settings.seed, 1]).uniform(-0.03, 0.03, self.settings.segments)
        return tuple(round(float(1.0 + g - spread.mean()), 4) for g in spread)

    @cached_property
    def offset_adu(self) -> tuple[float, ...]:
        """True dark levels."""
        return tuple(
            float(o) for o in np.random.default_rng([self.settings.seed, 2]).integers(90, 170, self.settings.segments)
        )

    @cached_property
    def excess_noise(self) -> tuple[float, ...]:
        """Variance over counting variance."""
        return tuple(1.15 + 0.05 * (k % 3) for k in range(self.settings.segments))

    @cached_property
    def scene(self) -> Scene:
        """The surface, large enough for the drift."""
        settings = self.settings
        width_nm, height_nm = (pixels * settings.pixel_nm * _DRIFT_MARGIN for pixels in settings.size)
        field_nm = (width_nm, height_nm)
        return build_scene(self.scene_name, field_nm, settings.seed, settings.switch_s, **self.options)

    @property
    def microscope(self) -> Microscope:
        """The instrument with its true response."""
        rendered = self.settings.model_copy(update=dict.fromkeys(NO_MATTER))
        return _microscope(self.instrument_toml, self.gain, self.offset_adu, self.excess_noise, rendered)

    def check(self) -> None:
        """Build what can be refused: scene, emission law, blur and instrument.

        Raises
        ------
        InputError
            An option the scene does not take, a law there is none of, a detector that cannot be.
        """
        check_blur(self.settings)
        _ = self.scene, law_of(self.settings), self.instrument

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments."""
        return tuple(_LETTERS[: self.settings.segments])

    @property
    def shape(self) -> tuple[int, int, int]:
        """(segments, rows, columns)."""
        return self.settings.segments, self.settings.rows, self.settings.columns

    @property
    def line_time_s(self) -> float:
        """As the instrument file says."""
        return self.instrument.scan.line_time_s

    def frame(self, sequence: int, run_id: str = "") -> Frame:
        """Frame `sequence`, rendered."""
        exposure = self.exposure(sequence)
        random = np.random.default_rng([self.settings.seed, 3, sequence])
        data = self.microscope.expose(self.scene, exposure, random)
        return Frame(self.header(sequence, run_id), read_only(data))

    def header(self, sequence: int, run_id: str = "") -> FrameHeader:
        """Header of frame `sequence`."""
        start_s = sequence / self.settings.frames_per_s
        return FrameHeader(
            run_id=run_id,
            sequence=sequence,
            frame_id=sequence,
            start_s=start_s,
            end_s=start_s + self.line_time_s * self.settings.rows,
            line_time_s=self.line_time_s,
            segments=self.segments,
            dtype="uint16",
            shape=self.shape,
            pixel_size_nm=self.instrument.scan.pixel_size_xy_nm,
            rotation_deg=self.instrument.scan.rotation_deg,
            instrument=self.instrument.fingerprint,
            side={**self.scene.side(start_s), **self.dark(sequence)},
        )

    def dark(self, sequence: int) -> dict[str, float]:
        """Side values that tell the dark levels of frame `sequence`; none without blanked samples."""
        samples = self.settings.blanked
        if not samples:
            return {}
        effects = parse_effects(self.settings.effects, self.settings.seed)
        start_s = sequence / self.settings.frames_per_s
        temperature = self.scene.side(start_s).get("temperature")
        levels = levels_adu(self.offset_adu, np.array([start_s]), temperature, effects)[:, 0]
        noise = np.random.default_rng([self.settings.seed, 5, sequence]).standard_normal(len(levels))
        told = levels + effects.read_noise_adu / np.sqrt(samples) * noise
        return {name: float(value) for name, value in zip(self.dark_units, told, strict=True)}

    @property
    def dark_units(self) -> dict[str, str]:
        """Names and unit of those side values."""
        return {f"dark_{name}": "adu" for name in self.segments} if self.settings.blanked else {}

    def truth(
        self,
        frames: int,
        report: Callable[[int, int], None] = lambda done, total: None,
        rendered: Iterable[NDArray[np.float32]] | None = None,
    ) -> Truth:
        """What a perfect reconstruction of the first `frames` frames would say.

        Parameters
        ----------
        report
            Called as `report(done, frames)`.
        rendered
            The true heights in order, where somebody else renders them.
        """
        exposures = [self.exposure(t) for t in range(frames)]
        heights = []
        for height in rendered or (self.microscope.true_height(self.scene, e.start_s) for e in exposures):
            heights.append(height)
            report(len(heights), frames)
        return Truth(
            pixel_size_nm=self.settings.pixel_nm,
            height_nm=np.stack(heights),
            drift_px=np.array([e.drift_px for e in exposures]),
            drift_within_frame_px=np.array([e.drift_within_px for e in exposures]),
            gain=np.array(self.gain),
            offset_adu=np.array(self.offset_adu),
            excess_noise=np.array(self.excess_noise),
            labels=dict(self.scene.labels()),
        )

    def exposure(self, sequence: int) -> Exposure:
        """When frame `sequence` is taken and how far the specimen has drifted."""
        now, then = self.drift_px(sequence), self.drift_px(sequence + 1)
        scanned = self.settings.scan_share * (self.settings.rows - 1) / self.settings.rows
        within = (then - now) * scanned
        return Exposure(
            start_s=sequence / self.settings.frames_per_s,
            drift_px=(float(now[0]), float(now[1])),
            drift_within_px=(float(within[0]), float(within[1])),
        )

    def drift_px(self, sequence: int) -> NDArray[np.float64]:
        """(row, column) displacement at the start of frame `sequence`, zero at frame 0.

        A sum of incommensurate slow oscillations: it looks like a random walk, stays bounded, and needs no history.
        """
        random = np.random.default_rng([self.settings.seed, 4])
        periods = (
            _DRIFT_MEMORY_FRAMES * np.array([2.0, 3.3, 5.7, 9.1, 15.7])[:, None] * random.uniform(0.8, 1.2, (5, 2))
        )
        rates = 2.0 * np.pi / periods
        phases = random.uniform(0.0, 2.0 * np.pi, (5, 2))
        amplitudes = self.settings.drift_px / rates * np.sqrt(2.0 / len(rates))
        wander = amplitudes * (np.sin(rates * sequence + phases) - np.sin(phases))
        return np.asarray(wander.sum(0))


def simulated_microscope(address: str) -> SimulatedMicroscope:
    """The microscope behind `sim://SCENE?…`; errors as in `parse_sim`."""
    asked = parse_sim(address)
    return SimulatedMicroscope(FLOOD_SCENE if asked.scene == FLOOD else asked.scene, asked.settings, asked.options)


@lru_cache(maxsize=4)
def _microscope(
    instrument_toml: str,
    gain: tuple[float, ...],
    offset_adu: tuple[float, ...],
    excess_noise: tuple[float, ...],
    settings: SimSettings,
) -> Microscope:
    """Kept for whoever opens the same simulation again: what it knows of its detector takes a while to work out."""
    return Microscope(
        instrument=parse_instrument(instrument_toml),
        shape=(settings.rows, settings.columns),
        gain=gain,
        offset_adu=offset_adu,
        excess_noise=excess_noise,
        law=law_of(settings),
        supersample=settings.supersample,
        azimuths=settings.azimuths,
        occlusion=settings.occlusion,
        effects=parse_effects(settings.effects, settings.seed),
    )
