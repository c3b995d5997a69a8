"""What people outside the desk have to answer: contractors, reporters. Links are kept by digest alone."""
