"""Tools around tap and target: nothing imports them."""
