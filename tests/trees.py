"""Rows and a recipe of which a few small trees learn at once."""

import numpy as np
import pandas as pd

from ontime.core.model.split import TrainingData, training_data
from ontime.params import Split, Train

TYPES = {"place": "str", "late": "float32", "count": "int32"}
RECIPE = Train(
    leave_out=[],
    learning_rate=0.3,
    leaves=6,
    min_rows=20,
    bins=32,
    category_smoothing=10.0,
    l2=0.0,
    max_rounds=30,
    patience=8,
    checkpoint_rounds=4,
)
SPLIT = Split(valid_months=1, test_months=1)


def tree_rows(size: int = 6000, seed: int = 3) -> pd.DataFrame:
    """Rows of five months whose outcome depends on a text, a number that is sometimes missing, and a count."""
    random = np.random.default_rng(seed)
    day = pd.Series(pd.date_range("2020-01-01", "2020-05-31").to_numpy()[np.sort(random.integers(0, 152, size))])
    starts_at = (day + pd.Timedelta(hours=12)).dt.tz_localize("UTC").dt.as_unit("us")
    place = random.choice(["a", "b", "c", "d"], size)
    late = random.normal(size=size).astype(np.float32)
    late[random.random(size) < 0.1] = np.nan
    count = random.integers(0, 9, size).astype(np.int32)
    chance = 1 / (1 + np.exp(-(np.nan_to_num(late) + (place == "a") - count / 9)))
    return pd.DataFrame(
        {
            "id": [str(number) for number in range(size)],
            "day": day,
            "predict_at": starts_at - pd.Timedelta(hours=2),
            "place": pd.Series(place, dtype="str"),
            "late": late,
            "count": count,
            "outcome": pd.array(random.random(size) < chance, dtype="boolean"),
            "outcome_known_at": starts_at + pd.Timedelta(hours=3),
        }
    )


def month_data(frame: pd.DataFrame, month: str) -> TrainingData:
    return training_data(frame, month, SPLIT, 2.0)
