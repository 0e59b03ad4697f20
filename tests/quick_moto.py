"""Makes moto and botocore faster: they compute the same things in each call, here they compute them once.

This saves a third of their time. A kept result depends only on classes, on files or on the text of an
expression, never on a table or an item. What moto does at each start is in fresh_aws.py.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import botocore.loaders
import botocore.useragent
import moto.core.responses
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]  # moto has no types there
    DepthFirstTraverser,
    Node,
)
from moto.dynamodb.parsing.expressions import (  # type: ignore[attr-defined]
    UpdateExpressionParser,
)
from moto.dynamodb.parsing.validators import ActionCountValidator


def keep() -> None:
    """Replace these functions by ones that keep their results, for the life of this process."""
    one_cache_for_all_loaders()
    replace(botocore.useragent, "sanitize_user_agent_string_component", lru_cache(1_000))
    replace(moto.core.responses, "method_names_from_class", cache)
    UpdateExpressionParser.make = parsed_once(UpdateExpressionParser.make)
    DepthFirstTraverser.traverse_node_recursively = traverse
    replace(ActionCountValidator, "verify_action_counts", at_the_root_alone)
    replace(XFormedAttributePicker, "get_possible_keys", listed_once)


def replace(owner: Any, name: str, kept: Callable[[Any], Any]) -> None:
    setattr(owner, name, kept(getattr(owner, name)))


def one_cache_for_all_loaders() -> None:
    """Each session of boto3 has a loader, and each loader read the services' descriptions from the disk."""
    caches: dict[tuple[str, ...], dict[Any, Any]] = {}
    begin = botocore.loaders.Loader.__init__

    def begun(self: Any, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self._cache = caches.setdefault(tuple(self.search_paths), {})

    replace(botocore.loaders.Loader, "__init__", lambda _: begun)


def parsed_once(make: Callable[[str], Any]) -> Any:
    """The tree of an update expression: its validator works on a copy."""
    return staticmethod(lru_cache(2_000)(make))


_is_wanted: dict[tuple[type, type], bool] = {}


def traverse(self: Any, node: Any, child_id: int = -1) -> Any:
    """As moto's own, but asks once for each class of nodes whether a traverser wants it."""
    for position, child in enumerate(getattr(node, "children", None) or ()):
        self.pre_processing_of_child(node, position)
        self.traverse_node_recursively(child, position)
    classes = (type(self), type(node))
    if classes not in _is_wanted:
        _is_wanted[classes] = isinstance(node, Node) and isinstance(node, self.nodes_to_be_processed())
    if not _is_wanted[classes]:
        return node
    parent = node.parent
    node = self.process(node)
    node.parent = parent
    if parent:
        parent.children[child_id] = node
    return node


def at_the_root_alone(verify: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The root counts the clauses of the whole tree; each node below counted its own part again."""
    return lambda self, node: verify(self, node) if node.parent is None else node


def listed_once(
    possible_keys: Callable[[AttributePicker, AttributePickerContext], Any],
) -> Callable[[AttributePicker, AttributePickerContext], Any]:
    """The names under which an object may hold a member of a shape."""
    kept: dict[Any, tuple[str, ...]] = {}

    def listed(self: AttributePicker, context: AttributePickerContext) -> tuple[str, ...]:
        shape = context.shape
        of = (
            tuple(self.alias_providers),
            context.service_model.service_name if context.service_model else None,
            type(context.obj),
            context.key,
            getattr(shape, "name", None),
            getattr(getattr(shape, "parent", None), "name", None),
        )
        if of not in kept:
            kept[of] = tuple(possible_keys(self, context))
        return kept[of]

    return listed
