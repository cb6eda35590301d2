"""`python -m tests.peers.zalo`: this Zalo as a process of its own. Prints its address, and what belongs into `.env`."""

import argparse
import logging
import sys

from tests.peers.zalo.client import APP_ID, APP_SECRET, OA_ID, OA_SECRET, Zalo
from tests.peers.zalo.server import Hooks, serve
from tests.peers.zalo.world import World


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.peers.zalo", description="A Zalo on this machine.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--hook", default="", help="where events go, e.g. http://127.0.0.1:8002/zalo/webhook")
    parser.add_argument("--pace", type=float, default=1.0, help="how many times as fast failed events are repeated")
    parser.add_argument("--strict-night", action="store_true", help="refuse templates by phone at night")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    world = World(OA_ID, APP_ID, APP_SECRET, strict_night=options.strict_night)
    server = serve(world, Hooks(world, options.hook, OA_SECRET, options.pace), options.port)
    url = f"http://127.0.0.1:{server.server_port}"
    settings = (f"{name}={value}" for name, value in Zalo(url).environment().items())
    sys.stdout.write("\n".join([url, *settings, ""]))
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.05)


main()
