"""What clients may send and how lists are paged, shared by the front doors."""
