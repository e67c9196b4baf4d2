"""`obi://HOST[:2224],HOST,…?…`: scanning with Open Beam Interface boards, one board for each segment.

The protocol is that of github.com/nanographs/Open-Beam-Interface (0BSD or Apache-2.0), read off its command
definitions and gateware; none of its code is here.
"""

from __future__ import annotations

from eclips4d.acquisition.obi.source import open_obi

__all__ = ["open_obi"]
