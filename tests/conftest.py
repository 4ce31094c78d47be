"""What holds for every test: how hypothesis looks for examples.

The same examples every time, so that a change is judged by itself and not by luck; `EXPLORE=1 make fast` looks at others.
How long a machine takes to draw them fails nothing.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "courtesy",
    deadline=None,
    max_examples=60,
    derandomize=not os.environ.get("EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("courtesy")
