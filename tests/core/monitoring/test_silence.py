"""When a source of messages is silent."""

import pandas as pd

from ontime.core.monitoring.silence import source_silent


def test_a_source_is_silent_where_its_last_message_is_too_old():
    asked = pd.Series(pd.to_datetime(["2013-09-01T00:30Z", "2013-09-01T07:00Z", "2013-09-01T07:01Z"])).dt.as_unit("us")
    sent = pd.Series(pd.to_datetime(["2013-09-01T01:00Z", "2013-09-03T01:00Z"])).dt.as_unit("us")
    assert source_silent(asked, sent, 6).tolist() == [True, False, True]
