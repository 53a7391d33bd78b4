"""The forms of head training and fine-tuning."""
