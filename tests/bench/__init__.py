"""`make bench`: the promises of the design, measured on the real processes and printed with a baseline of the same run."""
