"""`python -m tests.hub_simulator` runs the simulated Hub."""

import argparse
import asyncio
import json
import signal
import sys
import time

from tests.hub_simulator.hub import Hub
from tests.hub_simulator.settings import HubSettings, UnknownSetting, change_settings
from tests.hub_simulator.simulator import probe_forever, run_hub


def main() -> int:
    """Run until interrupted."""
    options = _options()
    settings = HubSettings(
        port=options.port,
        seed=options.seed,
        locations=options.locations,
        evses=options.evses,
        connectors=options.connectors,
        cpos=options.cpos,
        preload=options.preload,
        dialects=not options.plain_data,
        probe_every_s=options.probe_every,
    )
    if options.no_limits:
        settings.limits.per_window = {}
    try:
        change_settings(settings, json.loads(options.settings))
    except (UnknownSetting, ValueError) as e:
        print(f"--settings: {e}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(settings, options.initial_token))
    except OSError as e:
        print(f"Cannot listen on port {options.port}: {e}. Choose another port with --port.", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="hub_simulator", description="A simulated OCPI 2.2.1 Hub with its CPOs"
    )
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--locations", type=int, default=40, help="number of locations; 40 by default")
    parser.add_argument(
        "--evses", type=int, default=0, help="EVSEs of each location; 0 (default): one to three"
    )
    parser.add_argument(
        "--connectors", type=int, default=0, help="connectors of each EVSE; 0 (default): one or two"
    )
    parser.add_argument("--cpos", type=int, default=5, help="number of CPOs, 1 to 8; 5 by default")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same catalogue")
    parser.add_argument("--preload", action="store_true", help="create all locations before the Hub answers")
    parser.add_argument(
        "--plain-data", action="store_true", help="all CPOs write their objects exactly as OCPI specifies"
    )
    parser.add_argument("--no-limits", action="store_true", help="allow any number of requests a minute")
    parser.add_argument(
        "--probe-every", type=float, default=0.0, help="seconds between health probes; 0 (default): none"
    )
    parser.add_argument("--initial-token", default=None, help="the initial token; random by default")
    parser.add_argument(
        "--settings", default="{}", help="JSON with fields of HubSettings, e.g. '{\"limits\": {...}}'"
    )
    return parser.parse_args()


async def _serve(settings: HubSettings, initial_token: str | None) -> None:
    started = time.monotonic()
    hub = Hub(settings)
    server = await run_hub(hub)
    token = hub.registrations.invite(initial_token)
    print(
        f"Hub simulator: versions_url={hub.ocpi_url}/versions admin_url={hub.base_url}/admin"
        f" initial_token={token} locations={settings.locations} ready_s={time.monotonic() - started:.1f}",
        flush=True,
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    prober = asyncio.create_task(probe_forever(hub))
    await stop.wait()
    prober.cancel()
    server.close()
    server.close_clients()
    await hub.close()


if __name__ == "__main__":
    sys.exit(main())
