"""Every mutant of one file: a small change of its meaning, written into the source text so that a person can read it as a diff.

Changed are comparisons, `and`/`or`/`not`, conditions, arithmetic, numbers, strings, bytes, `True`/`False`, what is returned,
statements left out, cases left out, `min`/`max` and `any`/`all`, neighbouring arguments swapped, keyword arguments left out.

Left alone, because no test of a rule could tell: docstrings, annotations, imports, decorators and class arguments (`frozen`,
`slots`), asserts, the text of a `raise`, `strict=` of a `zip` and `__slots__`. Inside an f-string nothing is changed singly
(Python 3.11 does not say where its parts stand); the whole string is.
"""

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

SWAPPED_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
ANY_ORDER = {"min", "max"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """One change: bytes `begin` to `end` of the file become `text`."""

    file: str
    line: int
    begin: int
    end: int
    text: str
    what: str
    lines: tuple[int, int]
    """First and last line of the statement it is in: the tests that run one of them could notice."""
    function: tuple[str, int] | None
    """Qualified name and first line of the outermost function around it; None: it runs when the module is loaded."""

    def applied(self, source: bytes) -> bytes:
        """Give the file with this mutant in it."""
        return source[: self.begin] + self.text.encode() + source[self.end :]

    def diff(self, source: bytes) -> str:
        """Give the lines that differ."""
        before, after = source.decode().splitlines(), self.applied(source).decode().splitlines()
        changed = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
        return "\n".join(f"    {line}" for line in changed if not line.startswith("@@"))


def mutants_of(file: str, source: bytes) -> list[Mutant]:
    """List the mutants of a file in the order of its text; `file` is only its name."""
    found = _Walk(file, source).module()
    return sorted(set(found), key=lambda mutant: (mutant.begin, mutant.end, mutant.text))


class _Walk:
    """Goes down the tree and keeps where it is: the statement's lines and the outermost function."""

    def __init__(self, file: str, source: bytes) -> None:
        self._file, self._source = file, source
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self._starts = starts
        self._lines = (1, 1)
        self._function: tuple[str, int] | None = None
        self._classes: tuple[str, ...] = ()

    def module(self) -> Iterator[Mutant]:
        yield from self._body(ast.parse(self._source).body)

    def _body(self, statements: list[ast.stmt]) -> Iterator[Mutant]:
        for statement in statements:
            yield from self._statement(statement)

    def _statement(self, node: ast.stmt) -> Iterator[Mutant]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._definition(node)
            case ast.ClassDef():
                outer, self._classes = self._classes, (*self._classes, node.name)
                yield from self._body(node.body)
                self._classes = outer
            case ast.Import() | ast.ImportFrom() | ast.Assert():
                return
            case ast.Raise():
                yield from self._left_out(node)
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Assign(targets=[ast.Name(id="__slots__")]):
                return
            case _:
                yield from self._acting(node)

    def _definition(self, node: FUNCTIONS) -> Iterator[Mutant]:
        self._lines = (node.lineno, node.body[0].lineno)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                yield from self._expression(default)
        outer = self._function
        if outer is None:
            first = min((node.lineno, *(decorator.lineno for decorator in node.decorator_list)))
            self._function = (".".join((*self._classes, node.name)), first)
        yield from self._body(node.body)
        self._function = outer

    def _acting(self, node: ast.stmt) -> Iterator[Mutant]:
        """A statement that does something: its own expressions, then its blocks."""
        blocks = [node for node in ast.iter_child_nodes(node) if isinstance(node, ast.stmt)]
        last = blocks[0].lineno - 1 if blocks else node.end_lineno or node.lineno
        self._lines = own = (node.lineno, max(node.lineno, last))
        yield from self._changes_of_statement(node)
        for child in ast.iter_child_nodes(node):
            self._lines = own
            match child:
                case ast.stmt():
                    yield from self._statement(child)
                case ast.ExceptHandler():
                    yield from self._body(child.body)
                case ast.match_case():
                    yield from self._case(child)
                case ast.withitem():
                    yield from self._expression(child.context_expr)
                case ast.expr() if child is not getattr(node, "annotation", None):
                    yield from self._expression(child)

    def _changes_of_statement(self, node: ast.stmt) -> Iterator[Mutant]:
        match node:
            case ast.Expr() | ast.Delete():
                yield from self._left_out(node)
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield from self._left_out(node)
            case ast.AugAssign():
                yield from self._left_out(node)
                if other := ARITHMETIC.get(type(node.op)):
                    yield self._rewritten(node, ast.AugAssign(node.target, other(), node.value), "arithmetic")
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield self._replaced(value, "None", "returned")
            case ast.Break():
                yield self._replaced(node, "continue", "loop")
            case ast.Continue():
                yield self._replaced(node, "break", "loop")
            case ast.If() | ast.While():
                yield from self._condition(node.test)

    def _left_out(self, node: ast.stmt) -> Iterator[Mutant]:
        self._lines = (node.lineno, node.end_lineno or node.lineno)
        yield self._replaced(node, "pass", "left out")

    def _condition(self, test: ast.expr) -> Iterator[Mutant]:
        """Turned round, unless a smaller change says more."""
        if isinstance(test, ast.Compare | ast.BoolOp | ast.Constant | ast.JoinedStr):
            return
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return
        yield self._replaced(test, f"(not ({self._text(test)}))", "condition")

    def _case(self, case: ast.match_case) -> Iterator[Mutant]:
        end = self._at(case.pattern.end_lineno, case.pattern.end_col_offset)
        self._lines = (case.pattern.lineno, case.body[0].lineno)
        if case.guard is None:
            yield self._made(case.pattern.lineno, end, end, " if False", "case")
        else:
            yield from self._condition(case.guard)
            yield from self._expression(case.guard)
        yield from self._body(case.body)

    def _expression(self, node: ast.AST) -> Iterator[Mutant]:
        if isinstance(node, ast.JoinedStr):
            yield self._replaced(node, '"XX"', "text")
            return
        if isinstance(node, ast.expr):
            yield from self._changes_of_expression(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(node, ast.keyword) and node.arg == "strict":
                continue
            if isinstance(child, ast.expr | ast.comprehension | ast.keyword):
                yield from self._expression(child)
        if isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield from self._condition(test)

    def _changes_of_expression(self, node: ast.expr) -> Iterator[Mutant]:
        match node:
            case ast.Constant():
                yield from self._constant(node)
            case ast.Compare():
                for index, operator in enumerate(node.ops):
                    ops = [*node.ops]
                    ops[index] = COMPARISONS[type(operator)]()
                    yield self._rewritten(node, ast.Compare(node.left, ops, node.comparators), "comparison")
            case ast.BoolOp():
                other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
                yield self._rewritten(node, ast.BoolOp(other, node.values), "and/or")
                for value in node.values:
                    yield from self._condition(value)
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
                yield self._replaced(node, f"({self._text(node.operand)})", "sign")
            case ast.BinOp():
                if other_operator := ARITHMETIC.get(type(node.op)):
                    new = ast.BinOp(node.left, other_operator(), node.right)
                    yield self._rewritten(node, new, "arithmetic")
            case ast.IfExp():
                yield from self._condition(node.test)
            case ast.Call():
                yield from self._call(node)

    def _constant(self, node: ast.Constant) -> Iterator[Mutant]:
        match node.value:
            case bool() as truth:
                yield self._replaced(node, str(not truth), "truth")
            case int() as number:
                yield self._replaced(node, str(number + 1), "number")
            case float() as number:
                yield self._replaced(node, repr(number + 1), "number")
            case str() as text:
                yield self._replaced(node, repr(f"XX{text}"), "text")
            case bytes() as raw:
                yield self._replaced(node, repr(b"XX" + raw), "bytes")

    def _call(self, node: ast.Call) -> Iterator[Mutant]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in SWAPPED_NAMES:
            yield self._replaced(node.func, SWAPPED_NAMES[name], "min/max, any/all")
        for index, (one, next_one) in enumerate(pairwise(node.args)):
            if name in ANY_ORDER or ast.dump(one) == ast.dump(next_one):
                continue
            if not isinstance(one, ast.Starred) and not isinstance(next_one, ast.Starred):
                args = [*node.args[:index], next_one, one, *node.args[index + 2 :]]
                yield self._rewritten(node, ast.Call(node.func, args, node.keywords), "arguments")
        for keyword in node.keywords:
            if keyword.arg not in (None, "strict"):
                begin = self._at(keyword.lineno, keyword.col_offset)
                end = self._at(keyword.end_lineno, keyword.end_col_offset)
                comma = re.match(rb"\s*,\s*", self._source[end:])
                yield self._made(
                    keyword.lineno, begin, end + (comma.end() if comma else 0), "", "argument left out"
                )

    def _rewritten(self, node: ast.stmt | ast.expr, new: ast.stmt | ast.expr, what: str) -> Mutant:
        text = ast.unparse(ast.fix_missing_locations(new))
        return self._replaced(node, text if isinstance(new, ast.stmt | ast.Call) else f"({text})", what)

    def _replaced(self, node: ast.stmt | ast.expr, text: str, what: str) -> Mutant:
        begin = self._at(node.lineno, node.col_offset)
        return self._made(node.lineno, begin, self._at(node.end_lineno, node.end_col_offset), text, what)

    def _made(self, line: int, begin: int, end: int, text: str, what: str) -> Mutant:
        return Mutant(self._file, line, begin, end, text, what, self._lines, self._function)

    def _at(self, line: int | None, column: int | None) -> int:
        return self._starts[(line or 1) - 1] + (column or 0)

    def _text(self, node: ast.expr) -> str:
        return ast.unparse(node)
