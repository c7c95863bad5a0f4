"""One harm: its notices, items, accounts, priority and clocks.

It sums up what was said and when it must be dealt with. It never judges (policy does), never decides (people do),
and never speaks to the outside.
"""
