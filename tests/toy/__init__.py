"""A second dataset, parcels and their depots: the proof that the machinery knows no dataset."""

from ontime.dataset.dataset import Dataset

PARTS = {"read": "toy.source:read", "tables": "toy.contracts:TABLES", "features": "toy.features:FEATURES"}
EXTRA = {"slices": "toy.slices:SLICES", "stress": "toy.stress:STRESS", "protocol": "toy.protocol:PROTOCOL"}
TOY = Dataset(name="toy", parts=PARTS | EXTRA | {"messages": "toy.messages:MESSAGES"})
