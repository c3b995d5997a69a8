"""Photos from strangers: weighed before they are decoded, and decoded in a process that can do nothing else."""
