"""The one kind of error that a user can mend: shown as text, without a traceback, exit 1."""


class OntimeError(Exception):
    """Something outside the code is wrong: params, data, environment. Says what was expected, found and to be done."""
