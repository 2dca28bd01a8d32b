"""Which answers Stripe wants asked again; its own rule, for whoever sends."""

from payymo_adapters.http import HttpResponse


def is_worth_repeating(response: HttpResponse) -> bool:
    """Whether the same request may be answered otherwise.

    ``Stripe-Should-Retry`` decides where it is there. Without it a conflict and a
    failure of Stripe's are worth it, and so is a limit: official clients leave that to
    their caller, who waits for an answer; we fetch while nobody waits.

    >>> is_worth_repeating(HttpResponse(status=503))
    True
    >>> said = (("stripe-should-retry", "false"),)
    >>> is_worth_repeating(HttpResponse(status=503, headers=said))
    False
    """
    said = response.header("stripe-should-retry")
    if said in ("true", "false"):
        return said == "true"
    return response.status in (409, 429) or response.status >= 500
