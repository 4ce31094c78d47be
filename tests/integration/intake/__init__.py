"""Tests of the intake against AWS in process."""
