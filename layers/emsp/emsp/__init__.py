"""The eMSP's side of the connection to an OCPI Hub."""

import gc

# The garbage collector would run about a dozen times while a function imports its modules, and find nothing:
# that costs 25 ms of a cold start. The imports create some 90,000 objects, most of them boto3's and
# pydantic's.
gc.set_threshold(150_000)
