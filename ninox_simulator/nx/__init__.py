"""The part of the Ninox script language that the API's `query` and `exec` are used with.

`lexer` → `parser` → `syntax` (the tree) → `evaluator` over the store. What is not known is refused by name.
"""

from __future__ import annotations
