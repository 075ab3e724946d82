"""The record that commands read from: that of the workspace at hand."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.store.store import Store


def open_record() -> "AbstractContextManager[Store]":
    """The record at hand. Raises NotFoundError where nothing was run."""
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store

    return Store.open(find_workspace().sessions / DATABASE, create=False)
