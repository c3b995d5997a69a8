"""Front door: the public site, for people. Complete as plain HTML; scripts only make it more comfortable."""
