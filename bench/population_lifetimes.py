"""`lifetimes` on histories in a CSV of x, t_x, t, n (n customers alike): parameters and seconds as JSON. Runs apart."""

import json
import sys
import time

import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]
from lifetimes import BetaGeoFitter  # type: ignore[import-not-found,unused-ignore]


def main() -> None:
    """Fit BG/NBD on one row per customer, as its documentation does, and predict 52 weeks for each."""
    frame = pd.read_csv(sys.argv[1])
    people = frame.loc[frame.index.repeat(frame["n"])]
    x, last, age = (people[name].to_numpy() for name in ("x", "t_x", "t"))
    began, worked = time.perf_counter(), time.process_time()
    model = BetaGeoFitter()
    model.fit(x, last, age)
    model.conditional_expected_number_of_purchases_up_to_time(365 / 7, x, last, age)
    print(
        json.dumps(
            {
                "customers": len(people),
                "seconds": time.perf_counter() - began,
                "cpu": time.process_time() - worked,
                "parameters": [float(model.params_[name]) for name in ("r", "alpha", "a", "b")],
            }
        )
    )


if __name__ == "__main__":
    main()
