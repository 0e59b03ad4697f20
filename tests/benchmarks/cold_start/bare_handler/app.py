"""The least that a Lambda can be: what every figure is held against."""


def handler(event: object, context: object) -> dict[str, int]:
    return {"statusCode": 200}
