"""JSON values → values that Ninox takes: pure functions, one module per family of field types.

Start at `types`: the table of field types, the parts each can be given in, and who encodes them.
"""

from __future__ import annotations
