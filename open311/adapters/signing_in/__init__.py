"""Ways to prove who one is: passwords, second factors, passkeys, the city's identity provider."""
