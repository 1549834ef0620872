"""No row is found without saying whose: what functions of storage take, read from their syntax."""

import ast

import pytest

from tests.reading import label, modules, tree

FOR_THE_OPERATOR = {
    "add_feedback",  # of nobody
    "add_organisation", "find_organisation",  # tenants themselves
    "secret_proof", "keep_secret_proof",  # of the deployment
    "forget_before",  # upkeep of all tenants
    "insert_of", "direct",  # of any table
    "seen_mark",  # of the facts that all tenants share
}  # fmt: skip
FOR_THE_GATE = {"find_by_hash", "touch", "take", "sweep"}  # before it is known who asks
DATABASE = {"Session", "Connection", "Direct"}


def functions(module: ast.Module) -> list[ast.FunctionDef]:
    """The public functions of a module that are given a session or a connection."""
    return [
        node
        for node in module.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and any(kind_of(argument) in DATABASE for argument in node.args.args)
    ]


def kind_of(argument: ast.arg) -> str:
    """The annotation of a parameter."""
    return ast.unparse(argument.annotation) if argument.annotation else ""


def says_whose(function: ast.FunctionDef) -> bool:
    """Whether a function takes a session or a connection, then a tenant, without a default."""
    needed = function.args.args[: len(function.args.args) - len(function.args.defaults)]
    kinds = [kind_of(argument) for argument in needed[:2]]
    return len(kinds) == 2 and kinds[0] in DATABASE and kinds[1] == "Tenant"


def test_every_function_of_storage_says_whose() -> None:
    found = {
        function.name: f"{label(file)}:{function.lineno} {function.name}"
        for file in modules("storage")
        for function in functions(tree(file))
        if not says_whose(function)
    }
    assert len(modules("storage")) > 5
    named = {name for name in found if "every" in name.split("_")}  # says that it is of all
    strangers = found.keys() - named - FOR_THE_OPERATOR - FOR_THE_GATE
    assert not strangers, [found[name] for name in strangers]


def test_no_exception_is_out_of_date() -> None:
    held = {function.name for file in modules("storage") for function in functions(tree(file))}
    assert held >= FOR_THE_OPERATOR | FOR_THE_GATE


@pytest.mark.parametrize(
    "head",
    [
        "find(session: Session, home_id: str)",
        "find(session: Session, home_id: str, tenant: Tenant)",
        "find(session: Session, tenant: Tenant = NOBODY)",
        "find(connection: Connection, tenant: Tenant | None)",
    ],
)
def test_a_planted_function_without_a_tenant_is_found(head: str) -> None:
    (function,) = functions(ast.parse(f"def {head}: ..."))
    assert not says_whose(function)


def test_a_right_function_is_not_found() -> None:
    head = "find(session: Session, tenant: Tenant, home_id: str, *, after: str = '')"
    (function,) = functions(ast.parse(f"def {head}: ..."))
    assert says_whose(function)
