"""A customer is a timeline of events; the profile is its fold."""
