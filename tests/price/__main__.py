"""`make price`: counts, and writes docs/price.md."""

import os

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "ap-south-1",
}


def main() -> None:
    from tests.price.measure import measure
    from tests.price.page import PAGE, page

    PAGE.write_text(page(measure()), encoding="utf-8")
    print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
