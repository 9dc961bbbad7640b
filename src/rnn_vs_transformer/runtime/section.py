"""What all sections of params.yaml share: strictness, and the kinds of numbers."""

from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Count = Annotated[int, Field(ge=1, lt=2**31)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[str, Field(min_length=1)]
Part = TypeVar("Part", bound="Section")


class Section(BaseModel):
    """A group of settings: typed, frozen, closed to unknown keys."""

    key: ClassVar[str] = ""
    """Where it stands in params.yaml; empty for the whole file, and for groups within a section."""

    watched: ClassVar[tuple[str, ...]] = ("",)
    """Keys of it that must not change while a stage runs; the empty one is all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    def part(self, section: type[Part]) -> Part:
        """The settings of a section that this one extends, alone."""
        return section.model_validate({name: getattr(self, name) for name in section.model_fields})


def each_once(key: str) -> AfterValidator:
    """A check that a list names nothing twice; `key` is where it stands."""

    def check(values: list[str]) -> list[str]:
        if len(set(values)) < len(values):
            raise ValueError(f"{key} must name each once, got {values}")
        return values

    return AfterValidator(check)
