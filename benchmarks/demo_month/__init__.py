"""Makes the demo's files: May 2026 at Kranichnest Hosting, which does not exist.

``python -m benchmarks.demo_month`` writes them anew, the same each time. Banks, IBANs
(of clearing areas that nobody has), people and firms are invented.
"""
