"""Published benchmarks: every figure side by side with a named peer in the same run, on a throw-away database, loopback only."""
