"""What comes in: a report before it is a service request, while it is written, and the ways it comes."""
