"""order_pieces: hands printed pieces over to vendors with an API."""
