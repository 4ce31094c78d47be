"""Does it help: lift against held-out customers, fatigue."""
