"""The stack on one machine: MiniStack as a process of its own, and the same CDK app deployed to it."""
