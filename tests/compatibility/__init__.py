"""What the last version told, took and stored: a folder for each version, written by `make compatibility`."""
