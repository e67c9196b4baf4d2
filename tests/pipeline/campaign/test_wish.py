"""Which runs are meant: dates include what they name, words are parts of words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.pipeline.campaign.renewing import add
from eclips4d.pipeline.campaign.wish import Wish

CASES = {
    "material copper": ({"material": "Copper"}, "ab"),
    "gas h2": ({"gas": "h2"}, "a"),
    "gas n2, as stated": ({"gas": "n2"}, "b"),
    "a gauge at zero is no gas": ({"gas": "o2"}, ""),
    "model": ({"model": "live"}, "b"),
    "a fingerprint's beginning": ({"model": "analyticana"}, "ac"),
    "place": ({"name": "april"}, "bc"),
    "run": ({"name": "c1"}, "c"),
    "since a month": ({"since": "2026-04"}, "bc"),
    "until a month includes it": ({"until": "2026-04"}, "abc"),
    "times of day count, in UTC": ({"since": "2026-04-30T23:30"}, "b"),
    "until an hour includes it": ({"until": "2026-04-30T23"}, "abc"),
    "until the minute before": ({"until": "2026-04-30 23:29"}, "ac"),
    "another clock": ({"since": "2026-05-01T00:30:00+01:00"}, "b"),
    "all parts must fit": ({"material": "copper", "since": "2026-04"}, "b"),
    "SQL": ({"where": "frames = 3 AND material = 'nickel' -- nothing else"}, "c"),
    "SQL on the specimen": ({"where": "specimen ->> 'sample' = 'Cu-7'"}, "a"),
    "SQL does not widen the rest": ({"where": "1 OR 1", "material": "nickel"}, "c"),
}


@pytest.mark.parametrize(("asked", "wanted"), CASES.values(), ids=CASES.keys())
def test_the_runs_that_are_meant_are_found(catalogue, folder, asked, wanted):
    add(catalogue, [folder])
    assert "".join(sorted(run.run_id[0] for run in catalogue.find(*Wish(**asked).condition()))) == wanted


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13", "2026-02-30", "26", "2026-1-1", "2026-11-29T25", "2026-11-29X"]
)
@pytest.mark.parametrize("option", ["since", "until"])
def test_no_date_is_refused(text, option):
    with pytest.raises(InputError, match=f"--{option}.*is no date"):
        Wish(**{option: text}).condition()


MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(lambda t: t.replace(microsecond=0, tzinfo=UTC))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moment=MOMENT,
    other=MOMENT,
    near=st.timedeltas(timedelta(days=-2), timedelta(days=2)),
    letters=st.sampled_from([4, 7, 10, 13, 16]),
)
def test_a_date_names_the_moments_that_begin_with_it(catalogue, moment, other, near, letters):
    """Against the plain rule: a time lies in what its first letters name."""
    name = moment.isoformat()[:letters]
    for time in (other, moment + near):
        begun = time.isoformat()[:19]
        wish = Wish(since=name, until=name)
        condition, values = wish.condition()
        sql = f"SELECT ({condition}) FROM (SELECT ? AS begun_utc)"
        ((within,),) = catalogue._asked(sql, [*values, begun], sql)[1]
        assert bool(within) == begun.startswith(name)
