"""Typed clients of the queries that were built: Python, TypeScript and React. Pure: values in, text out."""

from nlq.build.clients.python import python_client
from nlq.build.clients.react import react_client
from nlq.build.clients.signature import Field, Signature, ValueType, signature_of
from nlq.build.clients.typescript import typescript_client

__all__ = [
    "Field",
    "Signature",
    "ValueType",
    "python_client",
    "react_client",
    "signature_of",
    "typescript_client",
]
