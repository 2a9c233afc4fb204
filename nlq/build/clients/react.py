"""The React hook of the TypeScript client. Pure."""

from __future__ import annotations

from nlq.build.clients.names import script_text
from nlq.build.clients.typescript import HEADER, script_runtime


def react_client(module: str) -> str:
    """The text of the module of the hook; `module` is how it imports the TypeScript client."""
    types = (
        "Asked, Changed, ChangeOptions, Client, Given, Instruction, Mutation, MutationOf, ParamsOf,"
        " ParamsOfMutation, Query, Question, ResultOf"
    )
    imports = (
        f"import {{ createClient, mutation, query, QueryError }} from {script_text(module)};\n"
        f"import type {{ {types} }} from {script_text(module)};\n"
    )
    return f"{HEADER}{imports}{script_runtime('runtime.react.ts')}"
