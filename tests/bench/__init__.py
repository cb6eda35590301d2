"""`make bench`: the promises of the design, measured on the real processes, with a baseline of the same run."""
