"""How parcels arrive: as they are planned, and when they are scanned."""

from ontime.dataset.messages import Messages

KEY, SCANS = ("number", "depot", "promised"), ("left", "delivered")
MESSAGES = (Messages(table="parcels", key=KEY, feeds={"plan": (), "scans": SCANS}, known_at={"scans": "left"}),)
