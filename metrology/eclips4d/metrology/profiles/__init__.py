"""Heights and slopes along lines and across edges, and the steps read off them."""
