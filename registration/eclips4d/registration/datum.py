"""The datum through time: by which plane every frame lies off the reference frame, and when nobody can know.

Each frame is compared with the last one whose datum is known, and the planes add up; and with the reference frame
itself, near where the sum has come to, as long as what is static still shows there. The more certain of the two
counts: errors of both contain the noise of this frame, so that an average would gain little and claim more. A whole
turn of a spiral or a whole train of steps leaves a surface like the one before, one step higher: only the way there
tells the two apart, so the reference frame is never believed against it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.results import Datum, FloatArray
from eclips4d.registration.datum_state import STATE_VERSION, DatumState, Known, added, floats, sd_of
from eclips4d.registration.height_samples import Lattice, Samples, SeenHeight, pack, seen_height, unpack
from eclips4d.registration.states import decode_state, encode_state
from eclips4d.registration.static_plane import PlaneFit, fit_plane, plane_near

Vector = NDArray[np.float64]

LEAST_SHARE = 0.4
"""A plane holds when this share of the common area lies on it, …"""
LARGEST_RIVAL = 0.75
"""… and no parallel one beside it has more than this share of its samples: one of the two is what steps left behind."""
LEAST_KNOWN_SHARE = 0.15
"""Share that is enough where the plane is known beforehand."""
LARGEST_NOISE = 3.0
"""Change that is called static may be this much larger than the stated noise of the heights."""
LARGEST_STEP_SD = 2.0
"""Largest standard deviation of one comparison, rms over the field, in units of one sample's noise, …"""
LARGEST_SD = 5.0
"""… and of the sum of many."""
AGREEMENT = 3.0
"""Standard deviations by which both ways to a datum may differ."""
STRAYS_KEPT = 0.8


class DatumTrack:
    """Datum of the frames of one run, in order.

    The same heights give the same bits, whether the track lived through the run or was resumed at any frame in between:
    it compares with heights that it packed into its state, never with anything else.

    Attributes
    ----------
    lattice : Lattice
        Where it looks at them.
    """

    def __init__(self, state: DatumState) -> None:
        self._state = state
        self.lattice = Lattice(state.shape, state.pixel_size_xy_nm)
        self._terms = self.lattice.terms()
        self._field = np.sqrt((self._terms**2).mean(axis=(1, 2)))

    @classmethod
    def start(
        cls, shape: tuple[int, int], pixel_size_xy_nm: tuple[float, float], reference_sequence: int = 0
    ) -> DatumTrack:
        """A track for images of `shape` (rows, columns) whose heights are told from that frame on."""
        return cls(DatumState(shape, pixel_size_xy_nm, reference_sequence))

    @classmethod
    def resume(cls, state: bytes) -> DatumTrack:
        """Goes on after the frame at which `state()` was taken.

        Raises
        ------
        InputError
            The state was not written by this version.
        """
        return cls(decode_state(state, DatumState, STATE_VERSION, "datum state"))

    def state(self) -> bytes:
        """All that later frames depend on."""
        return encode_state(STATE_VERSION, self._state)

    def on_grid(self, reference_sequence: int) -> None:
        """Begin anew when the grid is another frame's than before: pixels of two grids do not compare."""
        if reference_sequence != self._state.reference_sequence:
            self._state = DatumState(self._state.shape, self._state.pixel_size_xy_nm, reference_sequence)

    def update(
        self,
        height: FloatArray,
        sequence: int,
        aligned: bool,
        weight: FloatArray | None = None,
        height_sd: FloatArray | None = None,
    ) -> Datum:
        """Datum of the next frame.

        Parameters
        ----------
        height : float32 [y, x]
            Registered, nm; NaN where not seen.
        sequence : int
        aligned : bool
            Whether its shift was found. If not, its height is not looked at: the datum stays as it was, less certain.
        weight : float32 [y, x], optional
            1 where the surface is known to be static, 0 where it moves.
        height_sd : float32 [y, x], optional
            Stated noise of the height. Change far beyond it is none of what is static.

        Returns
        -------
        Datum
            NaN when nothing is static, or when it is too uncertain to be worth showing.

        Raises
        ------
        InputError
            The height has another shape.
        """
        for plane in (height, weight, height_sd):
            if plane is not None and plane.shape != self._state.shape:
                raise InputError(f"a height of {plane.shape}, the datum is one of {self._state.shape}")
        seen = seen_height(height, height_sd, self._state.pixel_size_xy_nm)
        return self.update_seen(seen, sequence, aligned, None if weight is None else self.lattice.sample(weight))

    def update_seen(self, seen: SeenHeight, sequence: int, aligned: bool, static: Samples | None = None) -> Datum:
        """As `update`, by what is seen of the height, and known of what is static, at the patches of `lattice`."""
        if seen.samples.shape != self.lattice.size:
            raise InputError(f"a height seen at {seen.samples.shape} patches, the datum is one of {self.lattice.size}")
        begins = sequence == self._state.reference_sequence  # on its own grid, whether its shift was found or not
        if not aligned and not begins:
            return self._predicted(sequence)
        known = Known(sequence, pack(seen.samples), seen.sd_nm)
        if begins:
            return self._begin(known)
        if self._state.last is None or self._state.reference is None:
            return Datum()
        return self._compare(known, seen.samples, static)

    def _begin(self, first: Known) -> Datum:
        self._state = msgspec.structs.replace(self._state, reference=first, last=first)
        return Datum((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)

    def _compare(self, frame: Known, samples: Samples, static: Samples | None) -> Datum:
        """By way of the last frame or directly from the reference, whichever says more."""
        last, reference = self._state.last, self._state.reference
        assert last is not None and reference is not None
        ways = []
        expected = self._expected(frame.sequence)
        if (fit := self._fit(last, frame, samples, static, None)) is not None:
            expected = added(last, frame, fit)
            ways.append((expected, fit))
        if last.sequence != reference.sequence:
            fit = self._fit(reference, frame, samples, static, np.asarray(expected.plane))
            if fit is not None and self._agree(direct := added(reference, frame, fit), expected):
                ways.append((direct, fit))
        if not ways:
            return Datum()
        known, fit = min(ways, key=lambda way: self._spread(way[0]))
        noise = fit.noise_nm if math.isnan(self._state.noise_nm) else min(fit.noise_nm, 2.0 * self._state.noise_nm)
        if self._spread(known) > LARGEST_SD * noise:
            return Datum()
        self._state = msgspec.structs.replace(self._state, last=known, strays=self._strayed(known), noise_nm=noise)
        return _shown(known, fit.static_share)

    def _fit(
        self, earlier: Known, frame: Known, samples: Samples, static: Samples | None, near: Vector | None
    ) -> PlaneFit | None:
        """The plane between two frames, None unless it holds."""
        change = samples - unpack(earlier.samples, self.lattice)
        fit = fit_plane(change, self._terms, static, near)
        if fit is None:
            return None
        stated = math.hypot(earlier.height_sd_nm, frame.height_sd_nm)
        enough = fit.static_share >= (LEAST_SHARE if near is None else LEAST_KNOWN_SHARE)
        alone = near is not None or fit.rival_share <= LARGEST_RIVAL * fit.static_share
        as_stated = not stated > 0 or fit.noise_nm <= LARGEST_NOISE * stated
        if not (enough and alone and as_stated):
            return None
        if static is not None:
            fit = self._as_uncertain_as_without(fit, change)
        certain = self._rms(np.sqrt(np.diag(fit.covariance) + fit.creep**2)) <= LARGEST_STEP_SD * fit.noise_nm
        return fit if certain else None

    def _as_uncertain_as_without(self, fit: PlaneFit, change: Samples) -> PlaneFit:
        """What is said to be static may move a little as well: how far the plane goes when all counts is a bias too."""
        plain = plane_near(change, self._terms, fit.plane)
        if plain is None:
            return fit
        return replace(fit, creep=np.maximum(fit.creep, np.abs(plain - fit.plane)))

    def _expected(self, sequence: int) -> Known:
        """The last datum, as uncertain as planes are used to change by."""
        last = self._state.last
        assert last is not None
        strays = self._state.strays or (math.inf,) * 3
        passed = (sequence - last.sequence) ** 2
        variance = tuple(v + passed * change for v, change in zip(last.variance, strays, strict=True))
        return msgspec.structs.replace(last, variance=variance)

    def _predicted(self, sequence: int) -> Datum:
        """Of a frame that is not looked at."""
        if self._state.last is None:
            return Datum()
        expected = self._expected(sequence)
        return _shown(expected, 0.0) if self._spread(expected) <= LARGEST_SD * self._state.noise_nm else Datum()

    def _strayed(self, known: Known) -> tuple[float, ...]:
        """Mean square change of the plane from frame to frame, with this one."""
        last = self._state.last
        assert last is not None
        passed = max(known.sequence - last.sequence, 1)
        new = [((a - b) / passed) ** 2 for a, b in zip(known.plane, last.plane, strict=True)]
        if self._state.strays is None:
            return tuple(new)
        old = self._state.strays
        return tuple(STRAYS_KEPT * a + (1.0 - STRAYS_KEPT) * b for a, b in zip(old, new, strict=True))

    def _agree(self, direct: Known, expected: Known) -> bool:
        apart = np.abs(np.subtract(direct.plane, expected.plane))
        return bool((apart <= AGREEMENT * np.hypot(sd_of(direct), sd_of(expected))).all())

    def _spread(self, known: Known) -> float:
        return self._rms(sd_of(known))

    def _rms(self, sd: Vector) -> float:
        """Of a plane with such standard deviations, over the field, nm."""
        return float(np.sqrt(((sd * self._field) ** 2).sum()))


def _shown(known: Known, static_share: float) -> Datum:
    (offset, tilt_x, tilt_y), (offset_sd, sd_x, sd_y) = known.plane, floats(sd_of(known))
    return Datum((offset, tilt_x, tilt_y), (offset_sd, sd_x, sd_y), static_share)
