"""What holds for every test: how hypothesis looks for examples."""

import os

from hypothesis import settings

settings.register_profile(
    "courtesy", deadline=None, max_examples=60, derandomize=os.environ.get("CI", "") != ""
)
settings.load_profile("courtesy")
