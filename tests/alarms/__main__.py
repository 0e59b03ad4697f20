"""`make alarms-table`: runs every alarm against its fault and a healthy month, and writes what it found."""

from tests.alarms.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote the table of alarms into {PAGE.name}")
