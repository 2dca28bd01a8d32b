"""Stripe: what its interface says (``wire``), asks (``flows``) and means (``mapping``).

No I/O stands here, nor the official package, which is an oracle of the tests only.
"""
