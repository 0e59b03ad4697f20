"""What `make app` runs beside the local stack for the example app in docs/driver-app."""
