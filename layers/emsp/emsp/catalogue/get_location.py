"""Get one location from the Hub."""

from uuid import uuid4

from emsp.catalogue.module import key_in
from emsp.connection.connect_to_hub import LISTS
from emsp.deadline import Deadline
from emsp.hub.answers import RawAnswer, read_answer
from emsp.hub.client import HubClient
from emsp.hub.errors import MalformedAnswer, RequestTrace
from emsp.hub.request import HubRequest
from emsp.ocpi.json_text import dump_json
from emsp.ocpi.list_text import ListedObject, split_list


def get_location(
    hub: HubClient,
    identity: tuple[str, str, str],
    *,
    max_wait_s: float,
    deadline: Deadline,
    correlation_id: str = "",
) -> ListedObject:
    """Return the location as the Hub has it now, like an element of a list.

    `identity` is country_code, party_id and id. It takes one place of the quota for lists. Raises the errors
    of emsp.hub.errors; MalformedAnswer if the Hub returns another location.
    """

    def read(raw: RawAnswer, trace: RequestTrace) -> ListedObject:
        answer = read_answer(raw, trace)
        listed = split_list(f'{{"status_code":1000,"data":[{dump_json(answer.data)}]}}'.encode()).objects
        if not listed or key_in(listed[0].peek) != key_in(wanted):
            raise MalformedAnswer("the Hub's answer is not the location that it was asked for", trace=trace)
        return listed[0]

    wanted = dict(zip(("country_code", "party_id", "id"), identity, strict=True))
    url = hub.endpoint("locations", "SENDER", *identity)
    request = HubRequest(
        "GET",
        url,
        quota_module=LISTS,
        max_wait_s=max_wait_s,
        deadline=deadline,
        correlation_id=correlation_id or str(uuid4()),
    )
    return hub.read(request, read)
