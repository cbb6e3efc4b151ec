"""Bank transfer and cash on delivery, confirmed by staff."""
