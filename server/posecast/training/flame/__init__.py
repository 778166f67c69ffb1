"""Training of FLAME models the published way, on data of one's own."""
