"""The router that the console's routes are put on."""

from fastapi import APIRouter

router = APIRouter(prefix="/console", include_in_schema=False)
"""Not part of the interface for programs: these routes may change with any version."""
