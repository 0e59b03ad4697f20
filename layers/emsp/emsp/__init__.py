"""The eMSP's side of the connection to an OCPI Hub."""

import gc

# The garbage collector would run a dozen times while a function imports its modules, and find nothing. That
# costs 25 ms of a cold start. The imports create 90,000 objects, most of them of boto3 and pydantic.
gc.set_threshold(150_000)
