"""moto, without what it does again and again; whoever imports this has it so.

What it answers stays the same: the proofs that hold moto against two others hold this one.
`python -m tests.quick_moto` is moto's server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.serialize import ResponseSerializer
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

_member = ResponseSerializer._serialize_structure_member
_cast = DynamoType.cast_value


def _member_that_is_there(
    serializer: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    absent = isinstance(value, Mapping) and key not in value
    if not (absent and shape.parent.name == "AttributeValue"):
        _member(serializer, serialized, value, shape, key)


def _cast_value(value: DynamoType) -> Any:
    return value.value if value.type == "S" else _cast.__get__(value)


# It holds an expression against these rules, and then each part of it again.
ActionCountValidator.traverse = ActionCountValidator.verify_action_counts
OverlappingPathsValidator.traverse = OverlappingPathsValidator.check_for_overlapping_paths
# Of each value it looks for members of all ten types, under every name that they could have.
ResponseSerializer._serialize_structure_member = _member_that_is_there  # type: ignore[assignment]
# It asks of a text whether it is a number, a set, a list, a map or nothing, whenever it sorts.
DynamoType.cast_value = property(_cast_value)  # type: ignore[assignment,method-assign]

if __name__ == "__main__":
    from moto.server import main

    main()
