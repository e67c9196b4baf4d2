"""What kills, hostile peers, full disks, pauses and long runs do to a run: nothing that is not said here."""
