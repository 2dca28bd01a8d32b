"""Other tools on the same records: how fast they are, and how often they are right.

    python -m benchmarks.peers --sizes 1000 10000

Each tool runs in a process of its own (``one``). Its records are loaded in the form
that is natural to it, which is not timed; what it derives from them is. None sees the
truth.
"""
