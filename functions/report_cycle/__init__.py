"""report_cycle: what a cycle did, and whether its balances hold."""
