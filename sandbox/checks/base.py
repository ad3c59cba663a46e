"""The base of all bodies: strict types, identifiers, and field errors in Discord's form."""

from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sandbox.records.errors import ApiError
from sandbox.records.model import Json

_DIGITS = 20  # of the largest 64-bit number


def _snowflake(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64:
        return value  # discord.py sends them as numbers, which Discord takes
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return value
    raise ValueError("Value is not snowflake.")


Snowflake = Annotated[Any, AfterValidator(_snowflake)]
Bits = Snowflake  # permissions travel as numbers or as text, too
Size = Annotated[int, Field(ge=0, lt=1 << 31)]
Colour = Annotated[int, Field(ge=0, le=0xFFFFFF)]


class Body(BaseModel):
    """A request's body. Unknown fields are dropped, as Discord drops them. A wrong type is an error."""

    model_config = ConfigDict(strict=True, extra="ignore")


_CODES = {
    "missing": ("BASE_TYPE_REQUIRED", "This field is required"),
    "int_type": ("NUMBER_TYPE_COERCE", 'Value "…" is not int.'),
    "float_type": ("NUMBER_TYPE_COERCE", 'Value "…" is not float.'),
    "string_type": ("STRING_TYPE_CONVERT", "Could not interpret as string."),
    "bool_type": ("BOOLEAN_TYPE_CONVERT", "Must be either true or false."),
    "list_type": ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"),
    "string_too_long": ("BASE_TYPE_MAX_LENGTH", "Must be {max_length} or fewer in length."),
    "too_long": ("BASE_TYPE_MAX_LENGTH", "Must be {max_length} or fewer in length."),
    "model_type": ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"),
    "dict_type": ("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"),
}


Shape = Any  # a `Body`, or a union or list of some
_adapter = cache(TypeAdapter)


def validated(shape: Shape, body: Any) -> Any:
    """Return the body with only the fields that its shape names. Raises error 50035, which names each wrong field."""
    try:
        adapter = _adapter(shape)
        return adapter.dump_python(adapter.validate_python(body), exclude_unset=True)
    except ValidationError as error:
        raise ApiError(400, 50035, "Invalid Form Body", _field_errors(error)) from None


def _field_errors(error: ValidationError) -> Json:
    errors: Json = {}
    for one in error.errors(include_url=False, include_input=False):
        code, message = _CODES.get(one["type"], ("BASE_TYPE_BAD_VALUE", one["msg"].removeprefix("Value error, ")))
        message = message.format(**one.get("ctx", {})) if one["type"] in _CODES else message
        place = errors
        for step in one["loc"]:
            place = place.setdefault(str(step), {})
        place.setdefault("_errors", []).append({"code": code, "message": message})
    return errors
