"""python -m tests.hub_simulator: runs the simulated Hub."""

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
        print(f"Cannot listen on port {options.port}: {e}. Choose another with --port.", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="hub_simulator", description="A simulated OCPI 2.2.1 Hub with its CPOs"
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--locations", type=int, default=40)
    parser.add_argument("--evses", type=int, default=0, help="for each location; 0: one to three")
    parser.add_argument("--connectors", type=int, default=0, help="for each EVSE; 0: one or two")
    parser.add_argument("--cpos", type=int, default=5, help="1 to 8")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preload", action="store_true", help="make all locations before serving")
    parser.add_argument(
        "--plain-data", action="store_true", help="all CPOs write exactly as the spec wants it"
    )
    parser.add_argument("--no-limits", action="store_true", help="no requests per minute are enforced")
    parser.add_argument(
        "--probe-every", type=float, default=0.0, help="seconds between health probes; 0: none"
    )
    parser.add_argument("--initial-token", default=None, help="issue this one instead of a random one")
    parser.add_argument(
        "--settings", default="{}", help="JSON of any HubSettings, e.g. '{\"limits\": {...}}'"
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
