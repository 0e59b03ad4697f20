"""Find charges of a driver. A charge of another driver is never found, whatever the request names."""

from dataclasses import dataclass, replace

from emsp.charges.gather_charge import GatherCharge, GatheredCharge
from emsp.driver_api.charge_ids import read_id
from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.problems import ProblemFound, Problems
from emsp.stores.command_records import CommandRecord

BEGIN_CHARGES = ("START_SESSION", "RESERVE_NOW")


@dataclass(frozen=True)
class OwnCharges:
    """Reads charges. A running charge costs two reads: command and session. Raises StoreUnavailable."""

    gather: GatherCharge

    def get(self, driver: Driver, charge_id: str) -> GatheredCharge:
        """Return the charge of this id. Raises ProblemFound if it does not exist or is not the driver's."""
        wanted = read_id(charge_id)
        charge = None
        if wanted and wanted.command_id:
            record = self.gather.command(wanted.command_id)
            charge = self.begun_by(record) if record and record.command in BEGIN_CHARGES else None
        elif wanted and wanted.session_key:
            charge = self.of_session(wanted.session_key)
        elif wanted:
            cdr = self.gather.cdrs.get(wanted.cdr_key)
            charge = self.gather.of_cdr(cdr) if cdr else None
        own = self.own_part(driver, charge) if charge else None
        if own is None:
            raise ProblemFound(Problems.NOT_FOUND, "there is no such charge of this driver")
        return own

    def own_part(self, driver: Driver, charge: GatheredCharge) -> GatheredCharge | None:
        """Return the parts of a charge that have a token of the driver, because a CPO may confuse
        references.
        """
        command = charge.command if charge.command and driver.owns(charge.command.token_key) else None
        session = charge.session if charge.session and driver.owns(charge.session.token_key) else None
        cdrs = tuple(each for each in charge.cdrs if driver.owns(each.token_key))
        if command is None and session is None and not cdrs:
            return None
        return replace(charge, command=command, session=session, cdrs=cdrs)

    def begun_by(self, record: CommandRecord) -> GatheredCharge | None:
        """Return the charge that a command started, or None if a RESERVE_NOW started none."""
        if not record.session_key:
            return GatheredCharge(command=record) if record.command == "START_SESSION" else None
        charge = self.of_session(record.session_key, record)
        return charge or GatheredCharge(command=record)

    def of_session(self, session_key: str, record: CommandRecord | None = None) -> GatheredCharge | None:
        """Return the charge of a session. CDRs are read only if one has arrived."""
        session = self.gather.sessions.get(session_key)
        if session is None or session.closed_by_cdr:
            charge = self.gather.of_session(session_key)
            if not charge.session and not charge.cdrs:
                return None
            return replace(charge, command=record) if record else charge
        if record is None and session.command_id:
            record = self.gather.command(session.command_id)
        return GatheredCharge(session_key, session, command=record)
