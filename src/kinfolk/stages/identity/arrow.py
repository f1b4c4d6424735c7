"""Arrow as identity uses it: the stubs of pyarrow know too few of the types its functions take and return."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute
array: Any = pa.array

Strings = Any  # an array of text
ArrowArray = Any  # any other array
