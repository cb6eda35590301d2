"""A carrier for tests and for trying out: `python -m tests.peers.smsc --port 2775`.

`smpp34`'s server does the protocol; `npm_smsc.js` is a second implementation, which knows passwords. Both take
commands as lines of JSON and print what happens the same way.
"""
