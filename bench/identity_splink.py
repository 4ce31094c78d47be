"""Splink on records given as JSON on standard input; clusters and seconds as JSON on standard output. Runs apart."""

import json
import sys
import time

import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]
import splink.comparison_library as cl  # type: ignore[import-not-found,unused-ignore]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # type: ignore[import-not-found,unused-ignore]


def main() -> None:
    """Train without labels, predict, cluster at 0.95."""
    records = json.load(sys.stdin)
    fields = sorted({field for record in records.values() for field in record})
    frame = pd.DataFrame(
        [
            {"unique_id": key, **{field: record.get(field) for field in fields}}
            for key, record in records.items()
        ]
    )
    began = time.perf_counter()
    comparisons = []
    for field in fields:
        if field in ("given_name", "surname"):
            comparisons.append(cl.NameComparison(field))
        elif field in ("street_number", "postcode", "state", "national_id", "date_of_birth"):
            comparisons.append(cl.DamerauLevenshteinAtThresholds(field, [1, 2]))
        else:
            comparisons.append(cl.JaroWinklerAtThresholds(field, [0.9, 0.7]))
    keys = [
        ("given_name", "surname"), ("date_of_birth",), ("national_id",), ("given_name", "postcode"),
        ("surname", "postcode"), ("address1", "street_number"), ("email",), ("given_name", "city"), ("surname", "city"),
    ]  # fmt: skip
    rules = [block_on(*key) for key in keys if set(key) <= set(fields)]
    settings = SettingsCreator(
        link_type="dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules
    )
    linker = Linker(DuckDBAPI().register(frame), settings)
    linker.training.estimate_probability_two_random_records_match(rules[:2], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("given_name"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("surname"))
    predictions = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, 0.95)
    found = clusters.as_pandas_dataframe()
    seconds = time.perf_counter() - began
    print(
        json.dumps(
            {
                "clusters": dict(zip(found["unique_id"], map(str, found["cluster_id"]), strict=True)),
                "seconds": seconds,
            }
        )
    )


if __name__ == "__main__":
    main()
