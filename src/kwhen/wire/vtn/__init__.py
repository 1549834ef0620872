"""OpenADR 3 over the wire: what clients send in both versions, and the stored object in each."""
