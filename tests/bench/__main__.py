"""Run every benchmark, or those named on the command line: search nlu sweep processes reply webhook worklists outbound.

`BENCH_DOSSIERS=1000000 make bench` measures worklists and search at the size of the promise, which takes some minutes
more to fill; without it PostgreSQL is given 100,000 dossiers. `BENCH_SWEEP_DOSSIERS` likewise, 100,000 by itself.
"""

import sys
import tempfile
from pathlib import Path

from tests.bench import inbox, load, nlu, outbound, processes, reply, report, search, sweep, webhook, worklists
from tests.end_to_end import stack as stacks

ALL = ("search", "nlu", "sweep", "processes", "reply", "webhook", "worklists", "inbox", "outbound")


def main(wanted: list[str]) -> None:
    """Start one system for all of them."""
    report.machine()
    if "worklists" in wanted:
        worklists.run()
    if "inbox" in wanted:
        inbox.run()
    if "outbound" in wanted:
        outbound.run()
    if not set(wanted) - {"inbox", "worklists", "outbound"}:
        return
    folder = Path(tempfile.mkdtemp(prefix="mot-cua-bench-"))
    stack = stacks.Stack(
        folder, extra={"SMS_RATE_PER_SECOND": "1000", "LOG_LEVEL": "WARNING", **load.TELEGRAM, **load.ZALO}
    )
    report.console.print(f"seeding and starting the processes in {folder} …")
    stack.seed()
    if "search" in wanted:
        search.run()
    if "nlu" in wanted:
        nlu.run()
    if "sweep" in wanted:
        sweep.run()
    try:
        processes.start(stack, show="processes" in wanted)
        if "reply" in wanted:
            reply.run(stack)
        if "webhook" in wanted:
            webhook.run(stack)
    finally:
        stack.stop()


if __name__ == "__main__":
    main(sys.argv[1:] or list(ALL))
