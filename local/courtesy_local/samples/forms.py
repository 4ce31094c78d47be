"""The forms of the nine sources' files; `rulebook/sources/*.yaml` says the same from the reader's side."""

from courtesy_local.samples.sheets import Form

FORMS: dict[str, Form] = {
    "dealer_sales": Form(
        (
            "SaleNo", "SaleDate", "Kind", "Division", "Dealer", "VIN", "Model", "Price", "Currency", "CustNo", "Title", "FirstName",
            "LastName", "Company", "Street", "Zip", "City", "State", "Country", "Phone", "Email", "Born",
        ),
        delimiter=";",
        encoding="cp1252",
    ),
    "service_workshop": Form(
        (
            "order_no", "order_date", "division", "dealer", "vin", "amount", "currency", "cust_no", "surname", "given_name",
            "street", "postcode", "city", "state", "country", "phone", "work",
        ),
        kind="fixed",
        suffix=".txt",
        encoding="latin-1",
        widths=(10, 8, 1, 6, 17, 10, 3, 10, 24, 20, 36, 10, 24, 3, 2, 20, 20),
    ),
    "crm_persons": Form(
        (
            "PersonId", "FirstName", "LastName", "Title", "Company", "BirthDate", "Gender", "Email", "Phone", "HouseNo", "Street",
            "Unit", "City", "Zip", "State", "Country", "Language", "TimeZone", "Dealer", "Deceased", "GoneAway", "UpdatedAt",
        ),
        encoding="utf-8-sig",
    ),
    "web_registrations": Form(
        ("account", "registered_at", "email", "first_name", "last_name", "phone", "birth_date", "postcode", "country", "interest"),
        kind="jsonl",
        suffix=".jsonl",
    ),
    "loyalty_programme": Form(
        ("card_no", "updated", "surname", "given_name", "dob", "email", "mobile", "zip", "country", "tier", "points"),
        suffix=".csv.gz",
        gzipped=True,
    ),
    "call_centre_cases": Form(
        ("case_no", "customer_no", "updated_at", "opened_at", "closed_at", "status", "kind", "nature", "severity", "division"),
        suffix=".tsv",
        delimiter="\t",
    ),
    "preference_centre": Form(
        ("id", "account", "purpose", "channel", "division", "status", "changed_at", "proof"), kind="jsonl", suffix=".jsonl"
    ),
    "lease_contracts": Form(
        (
            "contract_no", "customer_no", "vin", "model", "started", "ends", "monthly_rate", "currency", "dealer", "first_name",
            "last_name", "date_of_birth", "address", "zip", "city", "state", "country", "email", "phone", "status", "updated",
        ),
        kind="parquet",
        suffix=".parquet",
        types={
            "started": "DATE", "ends": "DATE", "date_of_birth": "DATE", "monthly_rate": "DECIMAL(12,2)", "updated": "TIMESTAMP",
        },
    ),
    "parts_shop_orders": Form(
        (
            "order_id", "ordered_at", "account", "name", "email", "phone", "address", "city", "zip", "state", "country", "division",
            "article", "quantity", "total", "currency", "kind",
        )
    ),
}  # fmt: skip
