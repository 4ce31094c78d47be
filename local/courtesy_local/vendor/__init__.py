"""The outside that answers what was sent, on one machine: a print vendor and the mailboxes of SES's events."""
