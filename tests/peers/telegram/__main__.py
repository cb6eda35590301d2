"""`python -m tests.peers.telegram`: this Telegram as a process of its own. Prints its address when it listens."""

import argparse
import sys
from pathlib import Path

from tests.peers.telegram.client import SPEC, TOKEN
from tests.peers.telegram.contract import Contract
from tests.peers.telegram.server import serve
from tests.peers.telegram.world import World


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.peers.telegram", description="A Telegram on this machine.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--token", default=TOKEN, help="the bot's, %(default)s where not given")
    parser.add_argument("--spec", type=Path, default=SPEC, help="the published Bot API schema")
    parser.add_argument("--limited", action="store_true", help="429 to a bot that is faster than allowed")
    options = parser.parse_args()
    world = World(options.token, Contract(options.spec), limited=options.limited)
    server = serve(world, options.port)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.05)


main()
