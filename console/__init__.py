"""The static console page, served with the API."""
