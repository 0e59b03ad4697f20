"""OCPI 2.3.0's Invoice Reconciliation module: which CDRs an invoice is for. It has no amounts."""

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.cardinalities import OneOrMore
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.texts import CiString2, CiString3, CiString36, CiString255


class InvoiceReconciliationRecord(OcpiModel):
    """A record of OCPI 2.3.0: `cdrs` are the ids of the CDRs in the invoice `invoice_id`."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    invoice_id: CiString255
    cdrs: OneOrMore[CiString36]
    last_updated: OcpiDateTime
