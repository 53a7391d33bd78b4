"""What the Evaluate page consists of."""
