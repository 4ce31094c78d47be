"""The environment of send_email."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What send_email reads from its environment.

    division_sets: `cars=NAME,marine=NAME`, divisions with a configuration set of their own; inbound_domain: where replies go
    """

    timeline_table: str
    profiles_table: str
    rulebooks_table: str
    configuration_set: str
    division_sets: str
    inbound_domain: str
    sender: str
    public_url: str
    hash_key_secret: str

    def sets(self) -> dict[str, str]:
        """Division -> its configuration set."""
        pairs = (pair.partition("=") for pair in self.division_sets.split(",") if pair)
        return {division: name for division, _, name in pairs}
