"""Build the use cases of the drivers' API from a function's settings."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from emsp.catalogue.find_locations import FindLocations
from emsp.catalogue.freshness import Freshness, LastPull
from emsp.charges.build_surroundings import surroundings_of
from emsp.charges.cost_so_far import CostSoFar
from emsp.charges.estimate_price import EstimatePrice
from emsp.charges.find_charges import FindCharges
from emsp.charges.gather_charge import GatherCharge
from emsp.charges.known_surroundings import KnownSurroundings
from emsp.charges.plan_of_session import PlanOfSession
from emsp.charges.price_connectors import PriceConnectors
from emsp.charges.surroundings import ChargeLocations
from emsp.commands.build_send_command import send_command_by
from emsp.connection.hub_connection import connect_to_hub
from emsp.driver_api.admission import Admission
from emsp.driver_api.charge_view import ViewCharge
from emsp.driver_api.charges import ChargeRoutes
from emsp.driver_api.own_charges import OwnCharges
from emsp.driver_api.reservations import ReservationRoutes
from emsp.driver_api.start_charge import StartCharge
from emsp.driver_api.stations import StationRoutes
from emsp.driver_api.stop_charge import StopCharge
from emsp.ocpi.parties import PartyId
from emsp.pricing.rules import PricingRules
from emsp.retail.build_whose_plan import whose_plan_of
from emsp.settings import Settings
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.aws import dynamodb_client, s3_client
from emsp.stores.cdrs import CdrStore
from emsp.stores.charge_indexes import ChargeIndexes
from emsp.stores.commands import CommandStore
from emsp.stores.driver_calls import DriverCalls
from emsp.stores.evse_index import EvseIndex
from emsp.stores.forgotten_tokens import ForgottenTokens
from emsp.stores.locations import LocationsTable
from emsp.stores.owners import OwnerStore
from emsp.stores.parties import PartyStore
from emsp.stores.pull_runs import last_pull_began
from emsp.stores.sessions import SessionStore
from emsp.stores.snapshots import Snapshots
from emsp.stores.table import LargeBodies
from emsp.stores.tariffs import TariffsTable
from emsp.tokens.authorize_token import AuthorizeToken
from emsp.tokens.complete_token import Issuer


def charge_routes(settings: Settings, forgotten: ForgottenTokens) -> ChargeRoutes:
    """Return what the routes of charges use. They connect to the Hub only when they call it."""
    dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
    our_party = PartyId(settings.our_country_code, settings.our_party_id)
    commands = CommandStore(dynamodb, settings.commands_table, settings.control_table)
    sessions = SessionStore(dynamodb, settings.sessions_table, large_bodies)
    gather = GatherCharge(sessions, CdrStore(dynamodb, settings.cdrs_table, large_bodies), commands)
    surroundings = surroundings_of(settings, dynamodb, large_bodies)
    known = KnownSurroundings(surroundings, time.monotonic)
    plan_of = PlanOfSession(whose_plan_of(settings, dynamodb, large_bodies), our_party)
    cost = CostSoFar(known, PricingRules(vat_when_absent=settings.gst_percent), plan_of)
    admit = admission(settings, forgotten)

    def knows(location_key: str) -> bool:
        found = surroundings.locations.read(location_key)
        return found is not None and found.removed_at is None

    return ChargeRoutes(
        start=StartCharge(
            commands, lambda: authorize_token_by(settings), lambda: send_command_by(settings), admit, knows
        ),
        stop=StopCharge(sessions, lambda: send_command_by(settings), admit),
        own=OwnCharges(gather),
        view=ViewCharge(known, cost),
        find=FindCharges(
            ChargeIndexes(dynamodb, settings.sessions_table, settings.cdrs_table, settings.commands_table),
            gather,
            ChargeLocations(surroundings.locations).time_zone,
            cost,
            our_party,
        ),
        url=settings.driver_api_url,
        now=lambda: datetime.now(UTC),
    )


def station_routes(settings: Settings, forgotten: ForgottenTokens) -> StationRoutes:
    """Return what the routes of stations use."""
    dynamodb, large_bodies = dynamodb_client(), LargeBodies(settings.large_bodies_bucket, s3_client)
    locations = LocationsTable(dynamodb, settings.locations_table, large_bodies)
    pool = ThreadPoolExecutor(8)
    began = LastPull(lambda: last_pull_began(dynamodb, settings.control_table, "locations"))
    surroundings = surroundings_of(settings, dynamodb, large_bodies)
    tariffs = TariffsTable(dynamodb, settings.tariffs_table, large_bodies)
    rules = PricingRules(vat_when_absent=settings.gst_percent)
    whose_plan = whose_plan_of(settings, dynamodb, large_bodies)
    our_party = PartyId(settings.our_country_code, settings.our_party_id)
    return StationRoutes(
        FindLocations(
            locations,
            tariffs,
            EvseIndex(lambda: Snapshots(s3_client(), settings.snapshots_bucket, "locations")),
            Freshness(locations, began, lambda: connect_to_hub(settings), pool),
            PriceConnectors(tariffs, rules, whose_plan, our_party, lambda: datetime.now(UTC)),
            pool,
        ),
        EstimatePrice(
            surroundings.locations,
            surroundings,
            rules,
            whose_plan,
            our_party,
            lambda: datetime.now(UTC),
        ),
        admission(settings, forgotten),
    )


def reservation_routes(charges: ChargeRoutes) -> ReservationRoutes:
    """Return what the routes of reservations use. A reservation is started like a charge."""
    start = charges.start
    return ReservationRoutes(start, start.commands, start.send, start.admit, charges.url)


def admission(settings: Settings, forgotten: ForgottenTokens) -> Admission:
    """Return the check whether a driver may call the Hub."""
    calls = DriverCalls(dynamodb_client(), settings.control_table)
    return Admission(calls, forgotten, settings.driver_calls_per_minute)


def authorize_token_by(settings: Settings) -> AuthorizeToken:
    """Return AuthorizeToken for these settings. Raises NotRegistered and StoreUnavailable."""
    dynamodb = dynamodb_client()
    return AuthorizeToken(
        connect_to_hub(settings),
        OwnerStore(dynamodb, settings.locations_table),
        PartyStore(dynamodb, settings.control_table),
        AuthorizedTokens(dynamodb, settings.control_table),
        Issuer(PartyId(settings.our_country_code, settings.our_party_id), settings.our_business_name),
    )
