"""What may happen to parcels."""

from ontime.dataset.stress import Change, Source, StressDeclaration


def _crossed(tables: dict) -> dict:
    return {"parcels": tables["parcels"].assign(number=tables["parcels"]["number"] + 1)}


STRESS = StressDeclaration(
    sources={"scans": Source(("left",), feeds=("scans",))},
    outcomes="scans",
    changes=(Change("renumbered", "every parcel has another number", _crossed),),
)
