"""Reports that are handed on to other servers, until they are done there or taken back."""
