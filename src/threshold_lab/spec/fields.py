"""The kinds of values a configuration can hold, each with its check."""

from typing import Annotated

from pydantic import ConfigDict, Field, Strict

CLOSED = ConfigDict(extra="forbid", allow_inf_nan=False)

MOST_SEEDS, MOST_EPOCHS, MOST_ROWS = 10_000, 1_000_000, 10_000_000
"""Beyond them a mistake is likelier than a wish: more than a machine holds, or than anybody waits for."""

Whole = Annotated[int, Strict(), Field(ge=0, le=2**63 - 1)]
SmallSeed = Annotated[int, Strict(), Field(ge=0, le=2**32 - 1)]
Count = Annotated[int, Strict(), Field(ge=1, le=2**31 - 1)]
Seeds = Annotated[int, Strict(), Field(ge=1, le=MOST_SEEDS)]
Epochs = Annotated[int, Strict(), Field(ge=1, le=MOST_EPOCHS)]
RowCount = Annotated[int, Strict(), Field(ge=1, le=MOST_ROWS)]
Width = Annotated[int, Strict(), Field(ge=1, le=16_384)]
Dimensions = Annotated[int, Strict(), Field(ge=1, le=1_000)]
Resamples = Annotated[int, Strict(), Field(ge=0, le=100_000)]
Folds = Annotated[int, Strict(), Field(ge=2, le=1_000)]
Real = Annotated[float, Strict()]
NotNegative = Annotated[float, Strict(), Field(ge=0, le=1e9)]
Amount = Annotated[float, Strict(), Field(ge=-1e100, le=1e100)]
Beta = Annotated[float, Strict(), Field(gt=0, le=1e6)]
Positive = Annotated[float, Strict(), Field(gt=0, le=1e9)]
Rate = Annotated[float, Strict(), Field(ge=0, le=0.999)]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Fraction = Annotated[float, Strict(), Field(gt=0, lt=1)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict(), Field(min_length=1, max_length=4096)]
Column = Text | Annotated[int, Strict(), Field(ge=-(2**31), le=2**31)]
Label = (
    Annotated[str, Strict(), Field(max_length=4096)]
    | Annotated[bool, Strict()]
    | Annotated[int, Strict(), Field(ge=-(2**63), le=2**64)]
    | Real
)
