"""`make siege`: what one machine with bad manners takes from everybody else."""
