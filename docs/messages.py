"""data/raw/ -> .ontime/try/: the messages of two months, and the keys of the flights of two days to ask for."""

from pathlib import Path

from ontime.core.serving.messages import to_feeds
from ontime.flights import FLIGHTS
from ontime.io.formats import read_parquet, write_parquet
from ontime.io.month_files import part
from ontime.io.paths import Files

MONTHS = ("2013-10", "2013-11")
DAYS = [5, 6]
KEY = ["year", "month", "day", "carrier", "flight", "origin", "dest"]
FOLDER = Path(".ontime/try")  # git ignores it

for declared in FLIGHTS.messages:
    for month in MONTHS:
        table = read_parquet(part(Files().raw, declared.table, month))
        for feed, messages in to_feeds(declared, table).items():
            write_parquet(messages, part(FOLDER / "messages", feed, month))

schedule = read_parquet(part(FOLDER / "messages", "schedule", MONTHS[-1]), KEY)
schedule[schedule["day"].isin(DAYS)].to_csv(FOLDER / "rows.csv", index=False)
print(f"{FOLDER / 'messages'} holds messages of {' and '.join(MONTHS)}, {FOLDER / 'rows.csv'} flights to ask for")
