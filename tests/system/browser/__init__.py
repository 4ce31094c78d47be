"""The console as people use it: Chromium on the local stack."""
