"""How many examples hypothesis tries: `dev` few, for a save; `ci` for a change; `nightly` to search long.

pytest's `--hypothesis-profile` chooses one. `dev` is used without it.
"""

from hypothesis import HealthCheck, settings

CI_EXAMPLES = 40

settings.register_profile(
    "dev", max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
# A change is not blamed for what luck finds: the same examples each time. `nightly` is for luck.
settings.register_profile("ci", settings.get_profile("dev"), max_examples=CI_EXAMPLES, derandomize=True)
settings.register_profile("nightly", settings.get_profile("dev"), max_examples=2000)
settings.load_profile("dev")


def examples(share: float) -> settings:
    """For a test whose examples cost more, or less, than most: this share of the profile's number."""
    return settings(max_examples=max(1, round(settings().max_examples * share)))


def portion(of_ci: int) -> int:
    """For a test that counts its own random cases: so many in `ci`, in proportion in the others."""
    return max(1, of_ci * settings().max_examples // CI_EXAMPLES)
