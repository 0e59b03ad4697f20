"""What is ours."""

import gc

# While a function imports, the collector would look through all of it, a dozen times, and find nothing: 6 ms
# of a cold start. Importing makes some 25,000 objects.
gc.set_threshold(50_000)
