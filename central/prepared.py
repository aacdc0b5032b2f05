"""Statements compiled once a process. Django writes a query's SQL anew each time it runs, which costs more than running it.

Only for what every payment does, and for long lists: eight desks share one interpreter, and wait. Rows, models and values come out
as from the query itself: it is Django's own query, asked once for its SQL, with the values put in afterwards.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cache
from itertools import chain
from typing import Any, Generic, TypeVar

from django.db import connections, router
from django.db.models import Field, Model, QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")
FEW_NAMES = 16
_STANDS_FOR_INT = 4_611_686_018_427_387_000
"""Far from any number that a query bears by itself."""


class Prepared(Generic[Row]):
    """A query that is asked often with other values; `kinds` are their types, int or str, in the order of `build`'s arguments.

    `build` must use each value as it is, in a comparison: not as a limit, not in an expression. An int stands in a column of 64
    bits: of a smaller one Django knows at once that nothing can be that big, and writes no SQL.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Row]"], *kinds: type) -> None:
        self._build = build
        self._examples = [_example(kind, place) for place, kind in enumerate(kinds)]
        self._compiled: tuple[QuerySet[Any, Row], Any, str, tuple[Any, ...], Any] | None = None

    def rows(self, *values: int | str) -> list[Row]:
        """Run it with these values."""
        template, compiler, sql, params, converters = self._compiled or self._compile()
        connection = connections[template.db]
        if template.query.select_for_update and connection.features.has_select_for_update:
            _refuse_outside_a_transaction(connection)
        put_in = dict(zip(self._examples, values, strict=True))
        asked = copy(compiler)
        asked.connection = connection
        filled = tuple(put_in.get(param, param) for param in params)
        asked.as_sql = lambda *_args, **_kwargs: (sql, filled)
        asked.get_converters = lambda _columns: converters
        query = copy(template.query)
        query.get_compiler = lambda *_args, **_kwargs: asked
        queryset = QuerySet(model=template.model, query=query, using=template.db)
        queryset._fields = template._fields
        return list(template._iterable_class(queryset))

    def first(self, *values: int | str) -> Row | None:
        """Run it, and give its first row."""
        return next(iter(self.rows(*values)), None)

    def _compile(self) -> tuple["QuerySet[Any, Row]", Any, str, tuple[Any, ...], Any]:
        template = self._build(*self._examples)
        compiler = template.query.get_compiler(using=template.db)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select[: compiler.col_count]])
        self._compiled = template, compiler, sql, tuple(params), converters
        return self._compiled


def _refuse_outside_a_transaction(connection: Any) -> None:
    """Django asks this where it writes the SQL, which is once here: a lock that ends with its statement locks nothing."""
    if connection.get_autocommit():
        raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")


class PreparedIn(Prepared[Row]):
    """A query for any of some names, and other values: `build` is given a list of names before the others."""

    def __init__(self, build: Callable[..., "QuerySet[Any, Row]"], *kinds: type) -> None:
        self._build_one = build
        names = [str] * FEW_NAMES
        super().__init__(lambda *all: build(list(all[:FEW_NAMES]), *all[FEW_NAMES:]), *names, *kinds)

    def any_of(self, names: Iterable[str], *values: int | str) -> list[Row]:
        """Run it for these names; a long list is not worth being cut into short ones."""
        names = list(names)
        if len(names) > FEW_NAMES:
            return list(self._build_one(names, *values))
        return self.rows(*names, *names[:1] * (FEW_NAMES - len(names)), *values) if names else []


def _example(kind: type, place: int) -> int | str:
    return _STANDS_FOR_INT + place if kind is int else f"\x02{place}\x03"


def insert(row: Model) -> None:
    """Store a new row, as `save(force_insert=True)` does for a plain model: no signals, no parents, its key read back."""
    alias = router.db_for_write(type(row), instance=row)
    connection = connections[alias]
    sql, fields, key = _insert_of(type(row))
    with connection.cursor() as cursor:
        cursor.execute(sql, [_stored(field, row, connection, add=True) for field in fields])
        if key is not None:
            setattr(row, key.attname, cursor.fetchone()[0])
    row._state.adding, row._state.db = False, alias


def insert_all(rows: Sequence[Model]) -> None:
    """Store new rows of one model whose keys are theirs, as `bulk_create` does: one statement on PostgreSQL."""
    if not rows:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    sql, fields, key = _insert_of(model)
    if key is not None:
        raise TypeError(f"{model.__name__} gets its key from the database")
    values = [[_stored(field, row, connection, add=True) for field in fields] for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            into, places = sql.split(" VALUES ")
            cursor.execute(
                f"{into} VALUES {', '.join([places] * len(values))}", list(chain.from_iterable(values))
            )
        else:
            cursor.executemany(sql, values)


def insert_many(model: type[Model], names: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    """Store many new rows by one statement, each given by the values of these fields as their columns hold them."""
    connection = connections[router.db_for_write(model)]
    sql = _insert_sql(model, [model._meta.get_field(name) for name in names])
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows if connection.vendor == "sqlite" else list(rows))


def write_rows(connection: Any, rows: Sequence[Sequence[object]], *, each: str, arrays: str) -> None:
    """Run a statement for many rows: `each` once a row on SQLite; on PostgreSQL, where a statement costs, `arrays` once.

    `arrays` takes one array for each column, in the rows' order.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(arrays, [_array(column) for column in zip(*rows, strict=True)])
        else:
            cursor.executemany(each, rows)


def insert_rows(
    connection: Any, into: str, types: str, rows: Sequence[Sequence[object]], over: str = ""
) -> None:
    """Insert many rows: `into` is "INSERT INTO table (columns) ", `types` are the columns', by blanks; `over` ends the whole."""
    kinds = types.split()
    each, arrays = ", ".join(["%s"] * len(kinds)), ", ".join(f"%s::{kind}[]" for kind in kinds)
    write_rows(
        connection,
        rows,
        each=f"{into}VALUES ({each}){over}",
        arrays=f"{into}SELECT * FROM unnest({arrays}){over}",  # noqa: S608  the caller's own words
    )


def _array(column: Sequence[object]) -> str:
    """Write a column as PostgreSQL's array: the driver's own way looks at each element several times."""
    return "{" + ",".join([_element(value) for value in column]) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"'
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return str(value)


def update(row: Model, *names: str) -> None:
    """Write some fields of a row that is there, as `save(update_fields=...)` does. Raises LookupError when it is not."""
    alias = router.db_for_write(type(row), instance=row)
    connection = connections[alias]
    sql, fields = _update_of(type(row), names)
    with connection.cursor() as cursor:
        cursor.execute(sql, [_stored(field, row, connection, add=False) for field in fields])
        if cursor.rowcount != 1:
            raise LookupError(f"{type(row).__name__} {row.pk} is not there")


def upsert(row: Model) -> None:
    """Store a row of a plain model with a key of its own, in the place of the one that bears this key, by one statement.

    As `update_or_create` with every field in its defaults: which costs five statements, two of them savepoints.
    """
    connection = connections[router.db_for_write(type(row), instance=row)]
    sql, fields = _upsert_of(type(row))
    with connection.cursor() as cursor:
        cursor.execute(sql, [_stored(field, row, connection, add=True) for field in fields])


def _stored(field: "Field[Any, Any]", row: Model, connection: Any, *, add: bool) -> Any:
    return field.get_db_prep_save(field.pre_save(row, add), connection)


@cache
def _insert_of(
    model: type[Model],
) -> tuple[str, list["Field[Any, Any]"], "Field[Any, Any] | None"]:
    made = [field for field in model._meta.concrete_fields if getattr(field, "db_returning", False)]
    fields = [field for field in model._meta.concrete_fields if field not in made]
    returning = f" RETURNING {_column(made[0])}" if made else ""
    return _insert_sql(model, fields) + returning, fields, made[0] if made else None


def _insert_sql(model: type[Model], fields: Sequence["Field[Any, Any]"]) -> str:
    columns, places = ", ".join(_column(field) for field in fields), ", ".join(["%s"] * len(fields))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608  names of the model


@cache
def _upsert_of(model: type[Model]) -> tuple[str, list["Field[Any, Any]"]]:
    fields, key = list(model._meta.concrete_fields), _column(model._meta.pk)
    sets = ", ".join(
        f"{_column(field)} = excluded.{_column(field)}" for field in fields if not field.primary_key
    )
    return f"{_insert_sql(model, fields)} ON CONFLICT ({key}) DO UPDATE SET {sets}", fields


@cache
def _update_of(model: type[Model], names: tuple[str, ...]) -> tuple[str, list["Field[Any, Any]"]]:
    fields, key = [model._meta.get_field(name) for name in names], model._meta.pk
    sets = ", ".join(f"{_column(field)} = %s" for field in fields)
    sql = f'UPDATE "{model._meta.db_table}" SET {sets} WHERE {_column(key)} = %s'  # noqa: S608  names of the model
    return sql, [*fields, key]


def _column(field: Any) -> str:
    """Quote a column's name as SQLite and PostgreSQL both do."""
    return f'"{field.column}"'
