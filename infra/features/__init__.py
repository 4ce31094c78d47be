"""One module per function, under the function's name."""
