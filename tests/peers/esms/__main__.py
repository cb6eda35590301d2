"""By hand: prints every message it takes and reports it as delivered a second later."""

import argparse
import sys
import time

from tests.peers import esms


def say(line: str) -> None:
    """At once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Until it is interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=2780)
    parser.add_argument("--key", default="key-of-esms")
    parser.add_argument("--secret", default="secret-of-esms")
    parser.add_argument("--brandname", default="MOTCUA")
    chosen = parser.parse_args()
    peer = esms.Esms(chosen.key, chosen.secret, chosen.brandname)
    with esms.running(peer, chosen.port) as url:
        say(f"ESMS_BASE_URL={url}")
        say(f"ESMS_API_KEY={chosen.key}\nESMS_SECRET_KEY={chosen.secret}\nESMS_BRANDNAME={chosen.brandname}")
        told = 0
        while True:
            time.sleep(1)
            for message in peer.sent[told:]:
                say(f"{message['Phone']}: {message['Content']}")
                peer.report(message)
                told += 1


if __name__ == "__main__":
    main()
