"""What all groups of settings share: strictness, and numbers however YAML spells them."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _to_number(value: object) -> object:
    """Turn text such as 1e-05 into a float: YAML 1.1 reads what `dvc exp run -S` writes as a string."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


Number = Annotated[float, BeforeValidator(_to_number), Field(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Count = Annotated[int, Field(ge=1, lt=2**31)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[str, Field(min_length=1)]
Part = TypeVar("Part", bound="Section")


class Section(BaseModel):
    """A group of settings: typed, frozen, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    def part(self, section: type[Part]) -> Part:
        """The settings of a section that this one extends, alone."""
        return section.model_validate({name: getattr(self, name) for name in section.model_fields})
