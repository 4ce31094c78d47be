"""A customer's time zone: from the field `time_zone`, else by state or country where that leaves no doubt.

Zones are IANA names. A country with several zones gives none without a state; a state that is split is given the zone where
most of its people live.
"""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from courtesy.timeline.profile import Profile

_EAST, _CENTRAL, _MOUNTAIN, _PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)
STATES: dict[str, dict[str, str]] = {
    "US": {
        **dict.fromkeys(
            [
                "CT",
                "DC",
                "DE",
                "FL",
                "GA",
                "IN",
                "KY",
                "MA",
                "MD",
                "ME",
                "MI",
                "NC",
                "NH",
                "NJ",
                "NY",
                "OH",
                "PA",
                "RI",
                "SC",
                "TN",
                "VA",
                "VT",
                "WV",
            ],
            _EAST,
        ),
        **dict.fromkeys(
            ["AL", "AR", "IA", "IL", "KS", "LA", "MN", "MO", "MS", "ND", "NE", "OK", "SD", "TX", "WI"],
            _CENTRAL,
        ),
        **dict.fromkeys(["CO", "ID", "MT", "NM", "UT", "WY"], _MOUNTAIN),
        **dict.fromkeys(["CA", "NV", "OR", "WA"], _PACIFIC),
        "AZ": "America/Phoenix",
        "AK": "America/Anchorage",
        "HI": "Pacific/Honolulu",
        "PR": "America/Puerto_Rico",
    },
    "CA": {
        "NL": "America/St_Johns",
        **dict.fromkeys(["NB", "NS", "PE"], "America/Halifax"),
        **dict.fromkeys(["ON", "QC"], "America/Toronto"),
        "MB": "America/Winnipeg",
        "SK": "America/Regina",
        **dict.fromkeys(["AB", "NT"], "America/Edmonton"),
        "NU": "America/Iqaluit",
        "BC": "America/Vancouver",
        "YT": "America/Whitehorse",
    },
    "AU": {
        **dict.fromkeys(["ACT", "NSW"], "Australia/Sydney"),
        "VIC": "Australia/Melbourne",
        "TAS": "Australia/Hobart",
        "QLD": "Australia/Brisbane",
        "SA": "Australia/Adelaide",
        "NT": "Australia/Darwin",
        "WA": "Australia/Perth",
    },
}
"""Country -> state or province code -> zone."""

COUNTRIES: dict[str, str] = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn",
    "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata", "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome", "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga", "MT": "Europe/Malta", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "NZ": "Pacific/Auckland",
    "PL": "Europe/Warsaw", "RO": "Europe/Bucharest", "SE": "Europe/Stockholm", "SG": "Asia/Singapore",
    "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava", "TR": "Europe/Istanbul", "ZA": "Africa/Johannesburg",
}  # fmt: skip
"""Countries of one zone (mainland for those with far islands)."""


def zone_of(profile: Profile) -> ZoneInfo | None:
    """The customer's zone, None where it is not known."""
    values = profile.values
    if (stated := values.get("time_zone")) is not None and (
        zone := zone_named(str(stated.value))
    ) is not None:
        return zone
    country = values.get("country")
    if country is None:
        return None
    state = values.get("state")
    return _by_place(str(country.value), "" if state is None else str(state.value))


@lru_cache(maxsize=4096)
def _by_place(country: str, state: str) -> ZoneInfo | None:
    country = country.strip().upper()
    if country in STATES:
        return zone_named(STATES[country].get(state.strip().upper(), ""))
    return zone_named(COUNTRIES.get(country, ""))


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, None where there is none of that name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
