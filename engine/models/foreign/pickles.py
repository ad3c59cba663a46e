"""Read a pickle without running it.

A pickle is a program for a stack machine. The machine here imports no module and calls no function, whatever the pickle
names. It understands the few names by which torch writes tensors and tables. Any other object becomes an
:class:`Unknown`.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

_MOST_STEPS: Final = 10_000_000  # a checkpoint with its optimiser has some hundred thousand
_MARK: Final = object()
_TABLES = {"collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict"}
_PARAMETERS = {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"}
_TENSORS = {"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3"}
_SUBCLASSED = "torch._tensor._rebuild_from_type_v2"


class PickleDamagedError(ValueError):
    """The pickle is cut off, or no pickle at all."""


@dataclass(frozen=True, slots=True)
class GlobalName:
    """A class or function that a pickle names, such as ``collections.OrderedDict``."""

    full: str


@dataclass(slots=True)
class Unknown:
    """An object of a class that is not known here. ``content`` has its items and attributes by name."""

    content: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes outside the pickle that tensors are views of."""

    key: str
    kind: str  # such as "FloatStorage"
    offset: int  # its first element, counted in the storage of that key


@dataclass(frozen=True, slots=True)
class TensorView:
    """A tensor: a view of a storage. Offset and strides count elements."""

    storage: Storage
    kind: str  # such as "FloatStorage" or "float32"
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class Readable(Protocol):
    """Hold what :mod:`pickletools` reads from."""

    def read(self, count: int, /) -> bytes:
        """Return at most ``count`` bytes."""

    def readline(self) -> bytes:
        """Return the bytes up to the next line's begin."""

    def tell(self) -> int:
        """Return the position."""


def read(file: Readable, kinds: dict[str, str] | None = None) -> Any:
    """Return the object of the pickle at the position of ``file``, which afterwards stands behind the pickle.

    Tables are dictionaries with texts as keys. ``kinds`` receives the kind of each storage by its key. Raises
    :class:`PickleDamagedError`.
    """
    machine = _Machine({} if kinds is None else kinds)
    try:
        for steps, (opcode, argument, _) in enumerate(pickletools.genops(file)):  # type: ignore[arg-type]
            if steps > _MOST_STEPS:
                raise PickleDamagedError("it has too many steps")
            machine.obey(opcode.name, argument)
        return machine.stack.pop()
    except PickleDamagedError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, EOFError, RecursionError) as error:
        raise PickleDamagedError(str(error)) from None


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, kinds: dict[str, str]) -> None:
        self.kinds = kinds
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def obey(self, name: str, argument: Any) -> None:
        if name in _WRITTEN:
            self.stack.append(argument)
        elif name in _PUSHED:
            self.stack.append(_PUSHED[name]())
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise PickleDamagedError(f"it has a step {name}")

    def since_mark(self) -> list[Any]:
        """Pop everything above the topmost mark, and the mark."""
        items = []
        while (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def tuple_(self, count: int | None) -> None:
        if count is None:
            self.stack.append(tuple(self.since_mark()))
        else:
            items = tuple(self.stack[-count:])
            del self.stack[-count:]
            self.stack.append(items)

    def append(self, items: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(items)

    def put(self, items: list[Any]) -> None:
        """Put the pairs of ``items`` into the table on the stack. Only texts and numbers can be looked up by."""
        table = self.stack[-1]
        table = table.content if isinstance(table, Unknown) else table
        if isinstance(table, dict):
            pairs = zip(items[::2], items[1::2], strict=True)
            table.update({str(key): value for key, value in pairs if isinstance(key, str | int)})

    def make(self) -> None:
        """Put the object that the topmost function and its arguments stand for in their place."""
        arguments = self.stack.pop()
        self.stack.append(_made(self.stack.pop(), arguments))

    def build(self) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], Unknown) and isinstance(state, dict):
            self.stack[-1].content.update(state)

    def refer(self, told: Any) -> None:
        """Replace a reference to something outside the pickle."""
        match told:
            case ("storage", GlobalName(full), key, _, _, *view):
                offset = view[0][1] if view and view[0] is not None else 0
                kind = self.kinds[str(key)] = full.rpartition(".")[2]
                self.stack.append(Storage(str(key), kind, int(offset)))
            case ("module", kind, *_):
                self.stack.append(kind)
            case _:
                self.stack.append(Unknown())

    def table(self) -> None:
        items = self.since_mark()
        self.stack.append({})
        self.put(items)

    def thing(self) -> None:
        self.since_mark()
        self.stack.append(Unknown())

    def make_with_keywords(self) -> None:
        self.stack.pop()
        self.make()

    def name(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(GlobalName(f"{module}.{name}"))


def _made(function: Any, arguments: Any) -> Any:
    """Return what calling ``function`` would give if it makes a table or a tensor, else a :class:`Unknown`."""
    name = function.full if isinstance(function, GlobalName) else ""
    if name in _TABLES:
        pairs = arguments[-1] if arguments and isinstance(arguments[-1], list) else []
        return {str(key): value for key, value in pairs if isinstance(key, str | int)}
    if name in _PARAMETERS:
        return arguments[0]
    if name == _SUBCLASSED:
        return _made(arguments[0], arguments[2])
    if name in _TENSORS:
        storage, offset, shape, stride = arguments[:4]
        kind = arguments[6].full.rpartition(".")[2] if name.endswith("_v3") else storage.kind
        return TensorView(storage, kind, int(offset), tuple(map(int, shape)), tuple(map(int, stride)))
    return Unknown()


_WRITTEN = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING", "SHORT_BINSTRING",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
    "FLOAT", "BINFLOAT",
}  # fmt: skip
_PUSHED: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": Unknown,
    "EXT1": Unknown,
    "EXT2": Unknown,
    "EXT4": Unknown,
    "MARK": lambda: _MARK,
}
_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.since_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "TUPLE": lambda machine, _: machine.tuple_(None),
    "TUPLE1": lambda machine, _: machine.tuple_(1),
    "TUPLE2": lambda machine, _: machine.tuple_(2),
    "TUPLE3": lambda machine, _: machine.tuple_(3),
    "LIST": lambda machine, _: machine.stack.append(machine.since_mark()),
    "DICT": lambda machine, _: machine.table(),
    "FROZENSET": lambda machine, _: machine.thing(),
    "APPEND": lambda machine, _: machine.append([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.put([machine.stack.pop(), machine.stack.pop()][::-1]),
    "SETITEMS": lambda machine, _: machine.put(machine.since_mark()),
    "ADDITEMS": lambda machine, _: machine.since_mark(),
    "GLOBAL": lambda machine, told: machine.stack.append(GlobalName(told.replace(" ", ".", 1))),
    "STACK_GLOBAL": lambda machine, _: machine.name(),
    "REDUCE": lambda machine, _: machine.make(),
    "NEWOBJ": lambda machine, _: machine.make(),
    "NEWOBJ_EX": lambda machine, _: machine.make_with_keywords(),
    "INST": lambda machine, _: machine.thing(),
    "OBJ": lambda machine, _: machine.thing(),
    "BUILD": lambda machine, _: machine.build(),
    "PERSID": lambda machine, _: machine.stack.append(Unknown()),
    "BINPERSID": lambda machine, _: machine.refer(machine.stack.pop()),
}
