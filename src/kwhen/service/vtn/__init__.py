"""The OpenADR server over HTTP: both editions over one store, with tokens of its own."""
