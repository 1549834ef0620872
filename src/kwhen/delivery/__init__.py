"""The background door: durable jobs, webhooks, their workers."""
