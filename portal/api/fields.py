"""Fields of requests and answers, with words for people; types are those of JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

_NEEDED = "This is needed"
_NOT_NULL = "This may be left out, but not be null"


class Text(fields.String):
    default_error_messages = {  # noqa: RUF012 - as marshmallow wants it
        "invalid": "This is a text, in quotation marks",
        "required": _NEEDED,
        "null": _NOT_NULL,
    }


class Number(fields.Integer):
    default_error_messages = {  # noqa: RUF012 - as marshmallow wants it
        "invalid": "This is a whole number",
        "required": _NEEDED,
        "null": _NOT_NULL,
        "too_large": "This number is too large",
    }


class Flag(fields.Boolean):
    default_error_messages = {  # noqa: RUF012 - as marshmallow wants it
        "invalid": "This is true or false",
        "required": _NEEDED,
        "null": _NOT_NULL,
    }


class Texts(fields.List):
    default_error_messages = {  # noqa: RUF012 - as marshmallow wants it
        "invalid": "This is a list of texts",
        "required": _NEEDED,
        "null": _NOT_NULL,
    }

    def __init__(self, **told: Any) -> None:
        super().__init__(Text(), **told)


class Named(fields.Dict):
    """An object of free names; the service checks them."""

    default_error_messages = {  # noqa: RUF012 - as marshmallow wants it
        "invalid": "This is an object: {“name”: value}",
        "required": _NEEDED,
        "null": _NOT_NULL,
    }

    def __init__(self, **told: Any) -> None:
        super().__init__(keys=Text(), **told)


class Shape(Schema):
    """What all shapes derive from: names that are not in it are refused, never ignored."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012
        "unknown": "There is no field of this name here",
        "type": "The body is an object: {“name”: value}",
    }


def between(least: int, most: int) -> validate.Range:
    """Return the check that a number is in a range."""
    return validate.Range(least, most, error=f"This is a number from {least} to {most}")


def one_of(*choices: str) -> validate.OneOf:
    """Return the check that a text is one of some words."""
    return validate.OneOf(choices, error=f"This is one of {', '.join(filter(None, choices))}")


def told(text: str) -> dict[str, str]:
    """Return what a field is, for the OpenAPI document."""
    return {"description": text}
