"""Training in the worker process: features, head, fine-tuning, proof."""
