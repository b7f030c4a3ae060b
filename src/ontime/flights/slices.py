"""Where a model of flights is asked how good it is: who, where from, where to, when, in which weather, after what."""

from ontime.dataset.slices import Slice

HOUR = 60  # minutes

SLICES = (
    Slice("carrier", "carrier"),
    Slice("origin", "origin"),
    Slice("destination", "destination"),
    Slice(
        "departure",
        "departure_minute",
        tuple(hour * HOUR for hour in (9, 12, 15, 18, 21)),
        ("before 9", "9 to 12", "12 to 15", "15 to 18", "18 to 21", "21 and later"),
    ),
    Slice(
        "visibility",
        "latest_weather_origin_visib",
        (3, 10),
        ("below 3 miles", "3 to 10 miles", "10 miles"),
        "no weather",
    ),
    Slice(
        "wind",
        "latest_weather_origin_wind_speed",
        (8, 15, 20),
        ("below 8 mph", "8 to 15 mph", "15 to 20 mph", "20 mph and more"),
        "no weather",
    ),
    Slice(
        "rain or snow",
        "latest_weather_origin_precip",
        (0.005, 0.05),
        ("none", "below 0.05 in/h", "0.05 in/h and more"),
        "no weather",
    ),
    Slice(
        "late so far",
        "departures_origin_3h_late",
        (0.1, 0.2, 0.4),
        ("below 10 %", "10 to 20 %", "20 to 40 %", "40 % and more"),
        "no departures in 3 h",
    ),
    Slice("history", "outcomes_carrier_flight_60d_late", (), ("this number flew",), "never seen"),
)
