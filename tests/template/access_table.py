"""The table of docs/security.md: which of our tokens may do what, made by `make permissions`."""

from typing import Final

from emsp.ocpi.credentials_token_kinds import TokenKind
from emsp.receiver.access import TABLE
from tests.template.template import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "security.md"
BEGIN: Final = "<!-- made by make permissions -->\n"
END: Final = "<!-- end -->\n"
HEADINGS: Final = {
    TokenKind.LIVE: "live",
    TokenKind.SUPERSEDED: "superseded",
    TokenKind.INVITATION: "invitation",
    TokenKind.SPENT_INVITATION: "spent invitation",
    TokenKind.PROBE: "probe's",
}


def table() -> str:
    """A row for each route and method, a column for each kind of token, and one for all others."""
    lines = [
        f"| route | {' | '.join(HEADINGS[kind] for kind in TokenKind)} | unknown, ended or none |",
        f"| --- |{' --- |' * (len(TokenKind) + 1)}",
    ]
    for route, methods in TABLE.items():
        for method, allowed in methods.items():
            cells = [allowed[kind].value if kind in allowed else "403" for kind in TokenKind]
            lines.append(f"| `{method} {route}` | {' | '.join(cells)} | 401 |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page with the table as it should be."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(REPOSITORY)}")
