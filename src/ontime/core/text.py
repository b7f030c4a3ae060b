"""Hours, numbers and tables -> words."""

from collections.abc import Iterable, Sequence

SHORT = {"minutes": "min", "minute": "min", "hours": "h", "hour": "h"}


def in_words(hours: float) -> str:
    """45 minutes, 1 hour, 24 hours."""
    number, unit = (int(hours), "hour") if float(hours).is_integer() else (round(hours * 60), "minute")
    return f"{number} {unit}" + "s" * (number != 1)


def in_short(hours: float) -> str:
    """45 min, 1 h, 24 h."""
    number, unit = in_words(hours).split()
    return f"{number} {SHORT[unit]}"


def grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, a line for each row, with a final newline; what a cell holds cannot end it."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(value: object) -> str:
    """A value as it was written, on one line and between backticks."""
    return f"`{' '.join(str(value).replace('`', chr(39)).split())}`"
