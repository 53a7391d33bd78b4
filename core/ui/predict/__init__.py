"""What the Predict page consists of."""
