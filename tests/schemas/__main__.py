"""Writes events/schemas/ and events/registry.yaml: `make schemas`."""

from tests.schemas.pages import FOLDER, files
from tests.schemas.registry import TEMPLATE, template_text
from tests.template.template import REPOSITORY

current = files()
for path in FOLDER.rglob("*.json"):
    if path not in current:
        path.unlink()
for path, text in current.items():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
TEMPLATE.write_text(template_text(), encoding="utf-8")
print(f"wrote {len(current)} files to {FOLDER.relative_to(REPOSITORY)}, and {TEMPLATE.name}")
