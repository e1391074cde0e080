"""The kinds of values a configuration can hold, each with its check."""

from typing import Annotated

from pydantic import ConfigDict, Field, Strict

CLOSED = ConfigDict(extra="forbid", allow_inf_nan=False)

Whole = Annotated[int, Strict(), Field(ge=0)]
Count = Annotated[int, Strict(), Field(ge=1)]
Real = Annotated[float, Strict()]
NotNegative = Annotated[float, Strict(), Field(ge=0)]
Amount = Annotated[float, Strict(), Field(ge=-1e100, le=1e100)]
Beta = Annotated[float, Strict(), Field(gt=0, le=1e6)]
Positive = Annotated[float, Strict(), Field(gt=0)]
Rate = Annotated[float, Strict(), Field(ge=0, le=0.999)]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Fraction = Annotated[float, Strict(), Field(gt=0, lt=1)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict(), Field(min_length=1)]
Column = Text | Annotated[int, Strict()]
Label = Annotated[str, Strict()] | Annotated[bool, Strict()] | Annotated[int, Strict()] | Real
