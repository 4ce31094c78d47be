"""What the customer actually receives: e-mail, letter, postcard."""
