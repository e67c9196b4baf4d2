"""Where a step is expected next: Kalman's filter for a velocity that changes slowly."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Motion:
    """Place and velocity of a step with their covariance; nm, s."""

    time_s: float
    place: float
    velocity: float
    var_place: float
    covariance: float
    var_velocity: float


@dataclass(frozen=True, slots=True)
class Unrest:
    """By how much steps stray from even motion.

    Attributes
    ----------
    place_nm : float
        Standard deviation of a position beyond its own uncertainty: texture, drift that was not found.
    velocity_nm_s : float
        Standard deviation of the change of velocity from frame to frame.
    share : float
        The same as a share of the velocity.
    frame_s : float
        From frame to frame.
    """

    place_nm: float
    velocity_nm_s: float
    share: float
    frame_s: float


def started(time_s: float, place: float, u: float, velocity: float, velocity_sd: float) -> Motion:
    """Of a step that was seen once."""
    return Motion(time_s, place, velocity, u**2, 0.0, velocity_sd**2)


def predicted(motion: Motion, time_s: float, unrest: Unrest) -> Motion:
    """At a later time."""
    dt = time_s - motion.time_s
    steps = abs(dt) / unrest.frame_s
    noise = (unrest.velocity_nm_s + unrest.share * abs(motion.velocity)) ** 2 * steps
    return Motion(
        time_s=time_s,
        place=motion.place + dt * motion.velocity,
        velocity=motion.velocity,
        var_place=motion.var_place + 2.0 * dt * motion.covariance + dt**2 * (motion.var_velocity + noise / 3.0),
        covariance=motion.covariance + dt * (motion.var_velocity + noise / 2.0),
        var_velocity=motion.var_velocity + noise,
    )


def updated(motion: Motion, place: float, variance: float) -> Motion:
    """After it was found at a place."""
    total = motion.var_place + variance
    gain, gain_velocity = motion.var_place / total, motion.covariance / total
    off = place - motion.place
    return replace(
        motion,
        place=motion.place + gain * off,
        velocity=motion.velocity + gain_velocity * off,
        var_place=(1.0 - gain) * motion.var_place,
        covariance=(1.0 - gain) * motion.covariance,
        var_velocity=motion.var_velocity - gain_velocity * motion.covariance,
    )
