"""Hours -> words."""


def in_words(hours: float) -> str:
    """45 minutes, 1 hour, 24 hours."""
    number, unit = (int(hours), "hour") if float(hours).is_integer() else (round(hours * 60), "minute")
    return f"{number} {unit}" + "s" * (number != 1)
