"""Who may talk to a run: addresses that leave the host, CURVE keys, the gate that asks for them, how much is heard."""
