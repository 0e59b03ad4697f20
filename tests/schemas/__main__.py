"""Writes events/schemas/: `make schemas`."""

from tests.schemas.pages import FOLDER, schemas, text
from tests.template.template import REPOSITORY

current = schemas()
for path in FOLDER.rglob("*.json"):
    if path not in current:
        path.unlink()
for path, schema in current.items():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(schema), encoding="utf-8")
print(f"wrote {len(current)} schemas to {FOLDER.relative_to(REPOSITORY)}")
