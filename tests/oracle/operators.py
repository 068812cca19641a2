# SPDX-License-Identifier: Apache-2.0
"""What work an ONNX operator becomes: a row each (docs/arithmetic.md, Operators)."""
import matrix_operators  # noqa: F401 (rows register themselves)
import move_operators  # noqa: F401
import vector_operators  # noqa: F401
from work_forms import OPERATORS

__all__ = ["OPERATORS"]
