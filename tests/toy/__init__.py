"""A second dataset, parcels and their depots: the proof that the machinery knows no dataset."""

from ontime.dataset import Dataset

TOY = Dataset(name="toy", parts={"read": "toy.source:read", "tables": "toy.contracts:TABLES"})
