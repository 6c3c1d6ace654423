"""Terms: the county's own phrases, put into a condition in place of their names."""

import ast
from collections.abc import Mapping
from copy import deepcopy

from services.alerts.domain.node import Refused, Term


def expand(term: Term, node: ast.Call) -> ast.expr:
    """The term's condition with the call's arguments in place of its own names."""
    if len(node.args) != len(term.args) or node.keywords:
        raise Refused(f"{term.name}(…) 要 {len(term.args)} 个参数：{'、'.join(term.args)}", node)
    given = dict(zip(term.args, node.args, strict=True))
    expanded: ast.expr = _Expansion(given).visit(deepcopy(term.tree))
    return expanded


class _Expansion(ast.NodeTransformer):
    """Puts arguments in; the term's own loop variables are renamed so that they cannot meet the caller's."""

    def __init__(self, given: dict[str, ast.expr]) -> None:
        self.given, self.own = given, set[str]()

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        self.own |= {one.target.id for one in node.generators if isinstance(one.target, ast.Name)}
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.own:
            return ast.copy_location(ast.Name(f"{node.id}_in_term", node.ctx), node)
        return deepcopy(self.given.get(node.id, node))


def expanded(node: ast.expr, terms: Mapping[str, Term]) -> ast.expr:
    """An expression with every term in it written out."""
    out: ast.expr = _WrittenOut(terms).visit(deepcopy(node))
    return out


class _WrittenOut(ast.NodeTransformer):
    def __init__(self, terms: Mapping[str, Term]) -> None:
        self.terms = terms

    def visit_Call(self, node: ast.Call) -> ast.AST:
        term = self.terms.get(node.func.id) if isinstance(node.func, ast.Name) else None
        found: ast.AST = self.generic_visit(node) if term is None else self.visit(expand(term, node))
        return found
