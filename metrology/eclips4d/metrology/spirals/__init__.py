"""Growth spirals: where they start, which way and by how many steps they wind, how wide, how fast they turn."""

from eclips4d.metrology.spirals.bcf import BcfTest, bcf_test
from eclips4d.metrology.spirals.core import Core
from eclips4d.metrology.spirals.detect import find_cores
from eclips4d.metrology.spirals.following import follow
from eclips4d.metrology.spirals.series import SpiralSeries
from eclips4d.metrology.spirals.track import Seen, Track

__all__ = ["BcfTest", "Core", "Seen", "SpiralSeries", "Track", "bcf_test", "find_cores", "follow"]
