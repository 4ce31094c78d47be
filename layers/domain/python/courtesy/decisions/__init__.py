"""The contact law: may this customer be contacted about this, now, through which channel."""
