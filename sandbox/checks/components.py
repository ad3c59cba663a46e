"""Components of messages and modals."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from sandbox.checks.base import Body, Size, Snowflake

(ROW, BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT, SECTION, TEXT,
 THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX) = (
    *range(1, 15), 17, 18, 19, 21, 22, 23,
)  # fmt: skip
LINK, PREMIUM = 5, 6  # styles of buttons that send no interaction

_NEEDED: dict[int, tuple[str, ...]] = {
    ROW: ("components",),
    BUTTON: ("style",),
    STRING_SELECT: ("custom_id", "options"),
    TEXT_INPUT: ("custom_id", "style"),
    **dict.fromkeys((USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT), ("custom_id",)),
    SECTION: ("components", "accessory"),
    TEXT: ("content",),
    THUMBNAIL: ("media",),
    GALLERY: ("items",),
    FILE: ("file",),
    SEPARATOR: (),
    CONTAINER: ("components",),
    LABEL: ("label", "component"),
    FILE_UPLOAD: ("custom_id",),
    RADIO_GROUP: ("custom_id", "options"),
    CHECKBOX_GROUP: ("custom_id", "options"),
    CHECKBOX: ("custom_id",),
}
# Where each kind may stand, as far as it matters: what a row, section, container or label may hold.
_HELD: dict[int, tuple[int, ...]] = {
    ROW: (BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT),
    SECTION: (TEXT,),
    CONTAINER: (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR),
}
_ACCESSORIES = (BUTTON, THUMBNAIL)
_LABELLED = (
    TEXT_INPUT, STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT, FILE_UPLOAD, RADIO_GROUP,
    CHECKBOX_GROUP, CHECKBOX,
)  # fmt: skip
ON_MESSAGES = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
IN_MODALS = (ROW, TEXT, LABEL)


class Emoji(Body):
    id: Snowflake | None = None
    name: str | None = None
    animated: bool | None = None


class Option(Body):
    label: Annotated[str, Field(min_length=1, max_length=100)]
    value: Annotated[str, Field(max_length=100)]
    description: Annotated[str, Field(max_length=100)] | None = None
    emoji: Emoji | None = None
    default: bool | None = None


class Medium(Body):
    url: Annotated[str, Field(max_length=2048)]


class GalleryItem(Body):
    media: Medium
    description: Annotated[str, Field(max_length=1024)] | None = None
    spoiler: bool | None = None


class DefaultValue(Body):
    id: Snowflake
    type: str


class Component(Body):
    """Any component. Its type decides which fields it must have and what it may hold."""

    type: int
    id: Size | None = None
    custom_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    components: Annotated[list[Component], Field(max_length=40)] | None = None
    component: Component | None = None
    accessory: Component | None = None
    style: int | None = None
    label: Annotated[str, Field(max_length=80)] | None = None
    description: Annotated[str, Field(max_length=1024)] | None = None
    emoji: Emoji | None = None
    url: Annotated[str, Field(max_length=512)] | None = None
    sku_id: Snowflake | None = None
    disabled: bool | None = None
    options: Annotated[list[Option], Field(min_length=1, max_length=25)] | None = None
    placeholder: Annotated[str, Field(max_length=150)] | None = None
    min_values: Annotated[int, Field(ge=0, le=25)] | None = None
    max_values: Annotated[int, Field(ge=1, le=25)] | None = None
    min_length: Annotated[int, Field(ge=0, le=4000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=4000)] | None = None
    required: bool | None = None
    value: Annotated[str, Field(max_length=4000)] | None = None
    default: bool | None = None
    default_values: list[DefaultValue] | None = None
    channel_types: list[int] | None = None
    content: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    media: Medium | None = None
    items: Annotated[list[GalleryItem], Field(min_length=1, max_length=10)] | None = None
    file: Medium | None = None
    spoiler: bool | None = None
    divider: bool | None = None
    spacing: Annotated[int, Field(ge=1, le=2)] | None = None
    accent_color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None

    @model_validator(mode="after")
    def _as_its_type_demands(self) -> Self:
        if self.type not in _NEEDED:
            raise ValueError(f'Value of field "type" must be one of {tuple(_NEEDED)}.')
        if missing := [name for name in _NEEDED[self.type] if getattr(self, name) is None]:
            raise ValueError(f"A component of type {self.type} needs {', '.join(missing)}.")
        self._require_held()
        if self.type == BUTTON:
            self._require_button()
        return self

    def _require_held(self) -> None:
        parts: tuple[tuple[Any, tuple[int, ...]], ...] = (
            (self.components or [], _HELD.get(self.type, ())),
            ([self.accessory] if self.accessory else [], _ACCESSORIES if self.type == SECTION else ()),
            ([self.component] if self.component else [], _LABELLED if self.type == LABEL else ()),
        )
        for held, allowed in parts:
            for part in held:
                if part.type not in allowed:
                    raise ValueError(f"A component of type {self.type} cannot hold one of type {part.type}.")

    def _require_button(self) -> None:
        present = {"custom_id": self.custom_id, "url": self.url, "sku_id": self.sku_id}
        needed = {LINK: "url", PREMIUM: "sku_id"}.get(self.style or 0, "custom_id")
        if not 1 <= (self.style or 0) <= PREMIUM:
            raise ValueError("Value must be one of (1, 2, 3, 4, 5, 6).")
        if [name for name, value in present.items() if value is not None] != [needed]:
            raise ValueError(f"A button of style {self.style} must have {needed} and neither of the others.")


def _only(allowed: tuple[int, ...]) -> AfterValidator:
    def check(components: list[Component]) -> list[Component]:
        for part in components:
            if part.type not in allowed:
                raise ValueError(f'Value of field "type" must be one of {allowed}.')
        return components

    return AfterValidator(check)


MessageComponents = Annotated[list[Component], Field(max_length=40), _only(ON_MESSAGES)]
ModalComponents = Annotated[list[Component], Field(min_length=1, max_length=5), _only(IN_MODALS)]
