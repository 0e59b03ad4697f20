"""What is ours."""

import gc

# While a function imports, the collector would look through all of it, a dozen times, and find nothing: 25 ms
# of a cold start. Importing makes some 90,000 objects, boto3's and pydantic's most of them.
gc.set_threshold(150_000)
