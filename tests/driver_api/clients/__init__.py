"""The typed clients of the driver's API, which `make clients` writes from its OpenAPI document."""
