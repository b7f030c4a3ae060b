"""Events and examples -> laws that features keep: what comes late was known before; examples show what they must."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from ontime.core.features.failing_sources import Disturbance, Sample, columns_of_streams, disturbed
from ontime.core.features.online import OnlineFeatures, records
from ontime.core.robustness.answer_laws import Predict
from ontime.core.robustness.laws import Verdict, inside, same_features
from ontime.dataset.features import FeatureSet
from ontime.dataset.stress import Example, Source


def late_is_earlier(sample: Sample, sources: Mapping[str, Source], hours: float) -> list[Verdict]:
    """A verdict for each source: with its messages `hours` late, features are those of `hours` earlier without delay.

    Compared are windows and latest values of its streams, but for those that are known beforehand.
    """
    delay = pd.Timedelta(hours=hours).as_unit("us")
    earlier_rows = sample.frame.assign(predict_at=sample.frame["predict_at"] - delay)
    earlier = Sample(sample.features, earlier_rows, sample.events, sample.known)
    verdicts = []
    for name, source in sources.items():
        streams = [stream for stream in source.streams if not sample.features.streams[stream].clock.beforehand]
        columns = columns_of_streams(sample.features, streams)
        if not columns:
            continue
        before = earlier.under({stream: sample.events[stream] for stream in streams})
        now = disturbed(sample, {name: Source(tuple(streams))}, Disturbance(name, "stale", hours), 0)
        kept = [column for column in columns if column in now]
        verdict = same_features(f"late_{name}_{hours:g}h", f"{name}, {hours:g} h late", now[kept], before[kept])
        verdicts.append(verdict._replace(law=f"what was known of it {hours:g} h before"))
    return verdicts


def example_law(features: FeatureSet, example: Example, predicts: Iterable[Predict]) -> Verdict:
    """An example has the features that it must have, in both executors, and every model gives it a probability.

    Every event is received once, and then twice, which must change nothing.
    """
    tables = example.tables()
    sample = Sample.of(features, tables, tables, example.lead_hours)
    wrong = [*_unexpected(sample.table, example), *_executors_differ(sample)]
    for predict in predicts:
        verdict = inside(example.name, example.given, predict(sample.table))
        if not verdict.holds:
            wrong.append(f"probabilities: {verdict.observed}")
    observed = "; ".join(wrong) or "as expected, in both executors"
    return Verdict(example.name, example.given, example.law, len(sample.frame), not wrong, observed)


def _unexpected(table: pd.DataFrame, example: Example) -> Iterator[str]:
    """Features that are not as the example expects them, in words."""
    by_id = table.set_index("id")
    for row, values in example.expected.items():
        for name, expected in values.items():
            value = float(by_id[name].astype("float64")[row])
            if not np.array_equal(value, expected, equal_nan=True):
                yield f"{name} of {row}: {value:g}, expected {expected:g}"


def _executors_differ(sample: Sample) -> Iterator[str]:
    """Rows one at a time against all at once, with every event received once, and received twice."""
    for times, often in enumerate(("once", "twice")):
        online = OnlineFeatures.of(sample.features.asof, sample.events)
        for stream, frame in sample.events.items():
            for event in records(frame) * times:
                online.add(stream, event)
        by_row = np.array([online.read(row) for row in records(sample.frame)], dtype=np.float32)
        by_column = sample.known[online.names].to_numpy(dtype=np.float32)
        if not np.array_equal(by_row, by_column, equal_nan=True):
            yield f"row by row differs from columns, events received {often}"
