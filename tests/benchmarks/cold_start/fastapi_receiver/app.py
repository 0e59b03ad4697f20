"""The same session into the same table, written as it usually is: FastAPI, Mangum, boto3's Table.

Only what the comparison needs: the token is checked, the session validated, stored and answered in the
envelope.
"""

import base64
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from fastapi import Depends, FastAPI, Header, HTTPException
from mangum import Mangum
from pydantic import BaseModel, ConfigDict, Field

dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table(os.environ["SESSIONS_TABLE"])
control = dynamodb.Table(os.environ["CONTROL_TABLE"])
hashes: list[str] = []


class SessionStatus(StrEnum):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    PENDING = "PENDING"
    RESERVATION = "RESERVATION"


class TokenType(StrEnum):
    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    OTHER = "OTHER"
    RFID = "RFID"


class AuthMethod(StrEnum):
    AUTH_REQUEST = "AUTH_REQUEST"
    COMMAND = "COMMAND"
    WHITELIST = "WHITELIST"


class OcpiObject(BaseModel):
    model_config = ConfigDict(extra="allow")


class CdrToken(OcpiObject):
    country_code: str = Field(max_length=2)
    party_id: str = Field(max_length=3)
    uid: str = Field(max_length=36)
    type: TokenType
    contract_id: str = Field(max_length=36)


class CdrDimension(OcpiObject):
    type: str
    volume: Decimal


class ChargingPeriod(OcpiObject):
    start_date_time: datetime
    dimensions: list[CdrDimension]
    tariff_id: str | None = None


class Price(OcpiObject):
    excl_vat: Decimal
    incl_vat: Decimal | None = None


class Session(OcpiObject):
    country_code: str = Field(max_length=2)
    party_id: str = Field(max_length=3)
    id: str = Field(max_length=36)
    start_date_time: datetime
    end_date_time: datetime | None = None
    kwh: Decimal
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: str | None = None
    location_id: str = Field(max_length=36)
    evse_uid: str = Field(max_length=36)
    connector_id: str = Field(max_length=36)
    meter_id: str | None = None
    currency: str = Field(max_length=3)
    charging_periods: list[ChargingPeriod] = []
    total_cost: Price | None = None
    status: SessionStatus
    last_updated: datetime


def authenticated(authorization: Annotated[str, Header()]) -> None:
    if not hashes:
        item = control.get_item(Key={"control_key": "inbound_tokens"})["Item"]
        hashes.extend(token["sha256"] for token in json.loads(item["tokens"]))
    token = base64.b64decode(authorization.removeprefix("Token ")).decode()
    digest = hashlib.sha256(token.encode()).hexdigest()
    if not any(hmac.compare_digest(digest, known) for known in hashes):
        raise HTTPException(401)


app = FastAPI()


@app.put("/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}", dependencies=[Depends(authenticated)])
def put_session(country_code: str, party_id: str, session_id: str, session: Session) -> dict[str, Any]:
    item = {
        "object_key": f"{country_code}#{party_id}#{session_id}",
        "body": session.model_dump_json(),
        "status": session.status.value,
        "last_updated": session.last_updated.isoformat(),
        "received_at": datetime.now(UTC).isoformat(),
    }
    try:
        table.put_item(
            Item=item,
            ConditionExpression=Attr("last_updated").not_exists()
            | Attr("last_updated").lte(item["last_updated"]),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
    return {"status_code": 1000, "timestamp": datetime.now(UTC).isoformat()}


handler = Mangum(app, lifespan="off")
