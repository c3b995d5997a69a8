"""A history that moves in once, from a file or from a server, and is ours from then on."""
