"""TESCAN microscopes by SharkSEM, their own remote control: `sharksem://HOST[:8300]?…`."""
