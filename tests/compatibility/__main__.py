"""Keeps what this version tells, takes and stores, for the next one to be held to: `make compatibility`."""

from tests.compatibility.kept import keep
from tests.template.template import REPOSITORY

print(f"wrote {keep().relative_to(REPOSITORY)}")
