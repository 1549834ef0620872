"""The OpenADR server: OAuth clients, objects of tenants, tariff programs, notifications."""
