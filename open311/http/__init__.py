"""The layers between the server and the views, in the order in which a request meets them."""
