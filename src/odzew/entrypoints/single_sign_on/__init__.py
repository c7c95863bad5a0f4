"""Single sign-on by OpenID Connect: what is asked of the provider, and how little of its answer is believed."""
