"""What an installation costs on AWS in a month, from requests that were counted and a table of prices."""
