"""Courtesy's domain: pure rules on customers, contacts and permissions; knows no AWS, no clock, no randomness."""
