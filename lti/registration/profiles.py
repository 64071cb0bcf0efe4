"""Which platform is which: by its own name, by its issuer, by the family somebody chose. Pure."""

from lti.platforms import blackboard, canvas, d2l, moodle, other, sakai, schoology
from lti.platforms.profile import Profile, Shared, host_of

PROFILES: dict[str, Profile] = {
    one.PROFILE.family: one.PROFILE
    for one in (canvas, moodle, blackboard, d2l, schoology, sakai, other)
}
OTHER: Profile = other.PROFILE


def by_family(family: str) -> Profile:
    """Return the profile of a family; of an unknown one, every other platform's."""
    return PROFILES.get(family, OTHER)


def by_product(product: str, issuer: str) -> Profile:
    """Return whose platform it is that calls itself so (`product_family_code`)."""
    named = product.strip().lower()
    host = host_of(issuer)
    for one in PROFILES.values():
        if named in one.products or host in one.shared.issuers:
            return one
    return OTHER


def vendor(issuer: str) -> Shared | None:
    """Return the vendor's hosts, where an issuer stands for all its schools; else None."""
    host = host_of(issuer)
    found = (one.shared for one in PROFILES.values() if host in one.shared.issuers)
    return next(found, None)


def speaks_for(host: str, issuer: str) -> bool:
    """Whether a host may say what holds for an issuer.

    Its own host, or one of the vendor's. Else whoever has an invite could answer launches of
    another school's platform: registrations of one issuer and client may be shared.
    """
    own = host_of(issuer)
    shared = vendor(issuer)
    return bool(own) and (host == own or (shared is not None and shared.fits(host)))
